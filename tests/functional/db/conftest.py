"""The database tests on SQLite files; tests/integration/db runs the same on servers."""

from collections.abc import Iterator

import pytest

from novalite.db import sync
from novalite.db.engine import Database
from tests.support.db import SqliteKit


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> SqliteKit:
    return SqliteKit(tmp_path_factory.mktemp("databases"))


@pytest.fixture
def api(kit: SqliteKit) -> Iterator[Database]:
    """An empty API database."""
    database = kit.synced(sync.API)
    yield database
    kit.clean(database)


@pytest.fixture
def cell(kit: SqliteKit) -> Iterator[Database]:
    """An empty cell database."""
    database = kit.synced(sync.CELL)
    yield database
    kit.clean(database)


@pytest.fixture
def other_cell(kit: SqliteKit) -> Iterator[Database]:
    """Another empty cell database."""
    database = kit.synced(sync.CELL)
    yield database
    kit.clean(database)
