"""The volume API on MariaDB and PostgreSQL."""

import pytest

from novalite.db import sync
from novalite.db.engine import Database
from tests.support.volume_cloud import cloud, conf

__all__ = ["cloud", "conf", "database"]


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def made(request):
    """One database for many tests; the schema is all that they share."""
    url = request.getfixturevalue(request.param).create()
    sync.sync_embedded(url)
    database = Database(url)
    yield database
    database.dispose()


@pytest.fixture
def database(made):
    yield made
    with made.write() as conn:
        for table in reversed(sync.metadata_of(sync.EMBEDDED).sorted_tables):
            conn.execute(table.delete())
