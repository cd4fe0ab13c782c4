"""See tests/functional/neighbours/test_identity_delegation.py."""

import pytest

from tests.functional.neighbours.test_identity_delegation import *  # noqa: F403

pytestmark = pytest.mark.integration
