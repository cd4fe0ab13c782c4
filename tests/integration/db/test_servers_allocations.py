"""tests/functional/db/test_db_allocations.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_allocations import *  # noqa: F403

pytestmark = pytest.mark.integration
