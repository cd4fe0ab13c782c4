"""See tests/functional/neighbours/test_identity_tokens.py."""

import pytest

from tests.functional.neighbours.test_identity_tokens import *  # noqa: F403

pytestmark = pytest.mark.integration
