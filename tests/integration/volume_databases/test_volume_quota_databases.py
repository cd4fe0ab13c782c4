"""See tests/functional/volume/test_volume_quota_api.py."""

import pytest

from tests.functional.volume.test_volume_quota_api import *  # noqa: F403

pytestmark = pytest.mark.integration
