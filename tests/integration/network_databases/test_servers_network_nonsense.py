"""See tests/functional/network/test_network_nonsense.py."""

import pytest

from tests.functional.network.test_network_nonsense import *  # noqa: F403

pytestmark = pytest.mark.integration
