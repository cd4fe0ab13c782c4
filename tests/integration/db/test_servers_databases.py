"""tests/functional/db/test_db_databases.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_databases import *  # noqa: F403

pytestmark = pytest.mark.integration
