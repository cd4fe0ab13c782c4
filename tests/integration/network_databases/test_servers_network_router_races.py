"""See tests/functional/network/test_network_router_races.py."""

import pytest

from tests.functional.network.test_network_router_races import *  # noqa: F403

pytestmark = pytest.mark.integration
