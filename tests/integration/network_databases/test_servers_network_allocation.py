"""See tests/functional/network/test_network_allocation.py."""

import pytest

from tests.functional.network.test_network_allocation import *  # noqa: F403

pytestmark = pytest.mark.integration
