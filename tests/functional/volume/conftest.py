"""The volume tests on SQLite files; tests/integration/volume_databases runs them on servers."""

from tests.support.embedded_database import database, empty_database
from tests.support.volume_cloud import cloud, conf

__all__ = ["cloud", "conf", "database", "empty_database"]
