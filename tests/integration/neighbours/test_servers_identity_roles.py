"""See tests/functional/neighbours/test_identity_roles.py."""

import pytest

from tests.functional.neighbours.test_identity_roles import *  # noqa: F403

pytestmark = pytest.mark.integration
