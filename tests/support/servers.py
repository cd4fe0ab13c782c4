"""Session fixtures: each server is started when the first test asks for it and stopped at the
end. A conftest.py imports those it offers."""

from collections.abc import Iterator

import pytest

from tools.servers.databases import MariaDB, PostgreSQL
from tools.servers.rabbitmq import RabbitMQ


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    server = MariaDB()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    server = RabbitMQ()
    try:
        server.start()
        yield server
    finally:
        server.stop()
