"""See tests/functional/network/test_network_concurrency.py."""

import pytest

from tests.functional.network.test_network_concurrency import *  # noqa: F403

pytestmark = pytest.mark.integration
