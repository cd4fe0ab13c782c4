"""tests/functional/db/test_db_cell_resources.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_cell_resources import *  # noqa: F403

pytestmark = pytest.mark.integration
