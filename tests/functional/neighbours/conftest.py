"""The embedded identity and image services on SQLite."""

from tests.support.embedded_cloud import cloud, conf, served
from tests.support.embedded_database import database, empty_database

__all__ = ["cloud", "conf", "database", "empty_database", "served"]
