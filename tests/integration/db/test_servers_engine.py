"""tests/functional/db/test_db_engine.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_engine import *  # noqa: F403

pytestmark = pytest.mark.integration
