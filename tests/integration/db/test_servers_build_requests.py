"""tests/functional/db/test_db_build_requests.py, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.db.test_db_build_requests import *  # noqa: F403

pytestmark = pytest.mark.integration
