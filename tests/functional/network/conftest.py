"""The network tests on SQLite files; tests/integration/network_databases runs them on servers."""

from tests.support.embedded_database import database, empty_database
from tests.support.network_cloud import allocator, api, cloud, conf, neutron, served

__all__ = ["allocator", "api", "cloud", "conf", "database", "empty_database", "neutron", "served"]
