"""See tests/functional/neighbours/test_identity_accounts.py."""

import pytest

from tests.functional.neighbours.test_identity_accounts import *  # noqa: F403

pytestmark = pytest.mark.integration
