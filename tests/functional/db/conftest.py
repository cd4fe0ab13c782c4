"""The database tests on SQLite files; tests/integration/db runs the same on servers."""

import pytest

from tests.support.db import SqliteKit
from tests.support.db_fixtures import api, cell, other_cell

__all__ = ["api", "cell", "kit", "other_cell"]


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> SqliteKit:
    return SqliteKit(tmp_path_factory.mktemp("databases"))
