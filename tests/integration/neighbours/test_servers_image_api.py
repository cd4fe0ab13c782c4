"""See tests/functional/neighbours/test_image_api.py."""

import pytest

from tests.functional.neighbours.test_image_api import *  # noqa: F403

pytestmark = pytest.mark.integration
