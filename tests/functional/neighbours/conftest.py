"""The embedded identity and image services on SQLite."""

import shutil

import pytest

from novalite.db import sync
from novalite.db.engine import Database
from tests.support.embedded_cloud import cloud, conf, served

__all__ = ["cloud", "conf", "database", "served"]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """The file of a database with all tables: making them takes longer than most tests."""
    path = tmp_path_factory.mktemp("database") / "embedded.sqlite"
    sync.sync_embedded(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(empty_database, tmp_path):
    path = tmp_path / "embedded.sqlite"
    shutil.copy(empty_database, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()
