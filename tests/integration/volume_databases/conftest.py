"""The volume API on MariaDB and PostgreSQL."""

from tests.support.embedded_database import on_server, server_databases
from tests.support.embedded_database import server_database as database
from tests.support.volume_cloud import cloud, conf

__all__ = ["cloud", "conf", "database", "on_server", "server_databases"]
