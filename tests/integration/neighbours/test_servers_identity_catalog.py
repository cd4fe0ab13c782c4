"""See tests/functional/neighbours/test_identity_catalog.py."""

import pytest

from tests.functional.neighbours.test_identity_catalog import *  # noqa: F403

pytestmark = pytest.mark.integration
