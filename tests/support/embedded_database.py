"""Fixtures: the empty database of the embedded services, a file of SQLite or on a server. Making
its tables takes longer than most tests: that is done once."""

import pathlib
import shutil
from collections.abc import Iterator

import pytest

from novalite.db import sync
from novalite.db.engine import Database


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The file of a database with all tables."""
    path = tmp_path_factory.mktemp("database") / "embedded.db"
    sync.sync_embedded(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(empty_database: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[Database]:
    path = tmp_path / "embedded.db"
    shutil.copy(empty_database, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def server_databases() -> Iterator[dict[str, Database]]:
    """By server; each is made when the first test needs it."""
    made: dict[str, Database] = {}
    yield made
    for database in made.values():
        database.dispose()


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def on_server(request: pytest.FixtureRequest, server_databases: dict[str, Database]) -> Database:
    """The schema is all that tests share."""
    server = request.getfixturevalue(request.param)
    if request.param not in server_databases:
        url = server.create()
        sync.sync_embedded(url)
        server_databases[request.param] = Database(url)
    return server_databases[request.param]


@pytest.fixture
def server_database(on_server: Database) -> Iterator[Database]:
    yield on_server
    with on_server.write() as conn:
        for table in reversed(sync.metadata_of(sync.EMBEDDED).sorted_tables):
            conn.execute(table.delete())
