"""The tests of tests/functional/db, on MariaDB and PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.support.db import ServerKit
from tests.support.db_fixtures import api, cell, other_cell

__all__ = ["api", "cell", "kit", "other_cell"]


@pytest.fixture(scope="session", params=["mariadb", "postgresql"])
def kit(request: pytest.FixtureRequest) -> Iterator[ServerKit]:
    made = ServerKit(request.getfixturevalue(request.param))
    yield made
    made.dispose()
