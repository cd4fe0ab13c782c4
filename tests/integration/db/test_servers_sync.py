"""tests/functional/db/test_db_sync.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_sync import *  # noqa: F403

pytestmark = pytest.mark.integration
