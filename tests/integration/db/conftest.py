"""The tests of tests/functional/db, on MariaDB and PostgreSQL."""

from collections.abc import Iterator

import pytest

from novalite.db import sync
from novalite.db.engine import Database
from tests.support.db import ServerKit


@pytest.fixture(scope="session", params=["mariadb", "postgresql"])
def kit(request: pytest.FixtureRequest) -> Iterator[ServerKit]:
    made = ServerKit(request.getfixturevalue(request.param))
    yield made
    made.dispose()


@pytest.fixture
def api(kit: ServerKit) -> Iterator[Database]:
    database = kit.synced(sync.API)
    yield database
    kit.clean(database)


@pytest.fixture
def cell(kit: ServerKit) -> Iterator[Database]:
    database = kit.synced(sync.CELL)
    yield database
    kit.clean(database)


@pytest.fixture
def other_cell(kit: ServerKit) -> Iterator[Database]:
    database = kit.synced(sync.CELL)
    yield database
    kit.clean(database)
