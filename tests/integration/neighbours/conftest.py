"""The tests of tests/functional/neighbours, on MariaDB and PostgreSQL."""

from tests.support.embedded_cloud import cloud, conf, served
from tests.support.embedded_database import on_server, server_databases
from tests.support.embedded_database import server_database as database

__all__ = ["cloud", "conf", "database", "on_server", "served", "server_databases"]
