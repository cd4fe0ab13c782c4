"""See tests/functional/neighbours/test_identity_upgrade.py."""

import pytest

from tests.functional.neighbours.test_identity_upgrade import *  # noqa: F403

pytestmark = pytest.mark.integration
