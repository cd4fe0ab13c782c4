"""tests/functional/db/test_db_api_resources.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_api_resources import *  # noqa: F403

pytestmark = pytest.mark.integration
