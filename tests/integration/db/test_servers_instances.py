"""tests/functional/db/test_db_instances.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_instances import *  # noqa: F403

pytestmark = pytest.mark.integration
