"""Fixtures: empty databases of whatever ``kit`` makes."""

from collections.abc import Iterator

import pytest

from novalite.db import sync
from novalite.db.engine import Database
from tests.support.db import ServerKit, SqliteKit


@pytest.fixture
def api(kit: SqliteKit | ServerKit) -> Iterator[Database]:
    """An empty API database."""
    database = kit.synced(sync.API)
    yield database
    kit.clean(database)


@pytest.fixture
def cell(kit: SqliteKit | ServerKit) -> Iterator[Database]:
    """An empty cell database."""
    database = kit.synced(sync.CELL)
    yield database
    kit.clean(database)


@pytest.fixture
def other_cell(kit: SqliteKit | ServerKit) -> Iterator[Database]:
    """Another empty cell database."""
    database = kit.synced(sync.CELL)
    yield database
    kit.clean(database)
