"""tests/functional/db/test_db_instance_lists.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_instance_lists import *  # noqa: F403

pytestmark = pytest.mark.integration
