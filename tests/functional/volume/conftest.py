"""The volume tests on SQLite files; tests/integration/volume_databases runs them on servers."""

from tests.support.volume_cloud import cloud, conf, database

__all__ = ["cloud", "conf", "database"]
