"""See tests/functional/neighbours/test_identity_hostile.py."""

import pytest

from tests.functional.neighbours.test_identity_hostile import *  # noqa: F403

pytestmark = pytest.mark.integration
