"""See tests/functional/network/test_network_extras.py."""

import pytest

from tests.functional.network.test_network_extras import *  # noqa: F403

pytestmark = pytest.mark.integration
