"""The embedded identity and image services on SQLite."""

import pytest

from novalite.db import sync
from novalite.db.engine import Database
from tests.support.embedded_cloud import cloud, conf, served

__all__ = ["cloud", "conf", "database", "served"]


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path}/embedded.sqlite"
    sync.sync_embedded(url)
    database = Database(url)
    yield database
    database.dispose()
