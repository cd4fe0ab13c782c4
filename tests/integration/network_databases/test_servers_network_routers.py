"""See tests/functional/network/test_network_routers.py."""

import pytest

from tests.functional.network.test_network_routers import *  # noqa: F403

pytestmark = pytest.mark.integration
