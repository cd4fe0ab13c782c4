"""tests/functional/db/test_db_quota_race.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_quota_race import *  # noqa: F403

pytestmark = pytest.mark.integration
