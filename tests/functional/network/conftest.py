"""The network tests on SQLite files; tests/integration/network_databases runs them on servers."""

from tests.support.network_cloud import allocator, api, cloud, conf, database, neutron, served

__all__ = ["allocator", "api", "cloud", "conf", "database", "neutron", "served"]
