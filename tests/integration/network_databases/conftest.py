"""The tests of tests/functional/network, on MariaDB and PostgreSQL."""

import pytest

from tests.support.embedded_database import on_server, server_databases
from tests.support.embedded_database import server_database as database
from tests.support.network_cloud import allocator, cloud, conf

__all__ = ["allocator", "api", "cloud", "conf", "database", "on_server", "server_databases"]


@pytest.fixture
def api(cloud):
    return cloud.service
