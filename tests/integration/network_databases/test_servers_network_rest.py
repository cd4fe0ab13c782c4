"""See tests/functional/network/test_network_rest.py."""

import pytest

from tests.functional.network.test_network_rest import *  # noqa: F403

pytestmark = pytest.mark.integration
