"""Bring databases to the current schema, and register the cells.

Everything here may be run again at any time, and by several processes at once: a lock in the
database lets one of them do the work. A database that is current costs one query; alembic is
only loaded for one that is not.
"""

import contextlib
import pathlib
import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection, MetaData

from novalite.db import embedded
from novalite.db.api_database import cell_mappings
from novalite.db.api_database import models as api_models
from novalite.db.cell_database import models as cell_models
from novalite.db.engine import Database
from novalite.objects import CELL0_UUID, CellMapping

API = "api_database"
CELL = "cell_database"
EMBEDDED = "embedded"
CELL0_TRANSPORT = "none:///"
"""Nothing runs in cell0, so nothing is ever sent there."""

_MIGRATIONS = pathlib.Path(__file__).parent / "migrations"
_METADATA = {
    API: api_models.metadata,
    CELL: cell_models.metadata,
    EMBEDDED: embedded.metadata,
}
_LOCK_SECONDS = 300
_PG_LOCK = 0x6E6F7661


def sync_api(url: str) -> str:
    """The API database; its version afterwards, as for all of these."""
    return _sync(url, API)


def sync_cell(url: str) -> str:
    """A cell's database, or cell0."""
    return _sync(url, CELL)


def sync_embedded(url: str) -> str:
    """The database of the embedded services: the tables of those whose packages are imported."""
    return _sync(url, EMBEDDED)


def _sync(url: str, tree: str) -> str:
    database = Database(url)
    try:
        if _is_current(database, tree):
            return head(tree)
        with database.write() as conn, _alone(conn, database.dialect):
            if _version(conn, tree) != head(tree):
                _upgrade(conn, tree)
            if tree == EMBEDDED:
                # A service that is embedded since yesterday brings tables of its own.
                create_missing(conn, embedded.metadata)
        return head(tree)
    finally:
        database.dispose()


def _is_current(database: Database, tree: str) -> bool:
    with database.read() as conn:
        if _version(conn, tree) != head(tree):
            return False
        if tree != EMBEDDED:
            return True
        return set(embedded.metadata.tables) <= set(sa.inspect(conn).get_table_names())


def version(database: Database, tree: str) -> str | None:
    """The revision that a database is at; None: never synchronised."""
    with database.read() as conn:
        return _version(conn, tree)


def head(tree: str) -> str:
    """The newest revision of a tree."""
    names = (path.name for path in (_MIGRATIONS / tree).glob("v*.py"))
    return max(found[1] for name in names if (found := re.match(r"v(\d{4})_", name)))


def metadata_of(tree: str) -> MetaData:
    return _METADATA[tree]


def version_table(tree: str) -> str:
    return f"{tree}_version"


def create_missing(conn: Connection, metadata: MetaData) -> None:
    """Create the tables and indexes that are not there."""
    there = set(sa.inspect(conn).get_table_names())
    metadata.create_all(conn, checkfirst=True)
    # MariaDB commits after each statement: a table may be left without its indexes.
    for table in metadata.sorted_tables:
        if table.name in there:
            for index in table.indexes:
                index.create(conn, checkfirst=True)


def _version(conn: Connection, tree: str) -> str | None:
    name = version_table(tree)
    if not sa.inspect(conn).has_table(name):
        return None
    return conn.execute(sa.select(sa.column("version_num")).select_from(sa.table(name))).scalar()


def _upgrade(conn: Connection, tree: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(_MIGRATIONS / tree).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = conn
    config.attributes["tree"] = tree
    command.upgrade(config, "head")


@contextlib.contextmanager
def _alone(conn: Connection, dialect: str) -> Iterator[None]:
    """One process at a time; SQLite's write transaction is such a lock already."""
    if dialect == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_PG_LOCK)))
    if dialect != "mysql":
        yield
        return
    name = sa.func.concat("novalite_", sa.func.database())
    if conn.execute(sa.select(sa.func.get_lock(name, _LOCK_SECONDS))).scalar() != 1:
        raise TimeoutError("another process has been migrating this database for minutes")
    try:
        yield
    finally:
        conn.execute(sa.select(sa.func.release_lock(name)))


def ensure_cells(
    api: Database,
    cell0_url: str,
    cell1_url: str,
    name: str = "cell1",
    transport_url: str = "",
) -> CellMapping:
    """Register cell0 and the cell ``name``, or bring their URLs up to date; the cell's mapping."""

    def register(conn: Connection) -> CellMapping:
        cell_mappings.ensure(conn, CELL0_UUID, "cell0", cell0_url, CELL0_TRANSPORT)
        return cell_mappings.ensure(conn, None, name, cell1_url, transport_url)

    return api.run(register)


def prepare(
    api_url: str,
    cell0_url: str,
    cell1_url: str,
    *,
    embedded_url: str | None = None,
    name: str = "cell1",
    transport_url: str = "",
) -> CellMapping:
    """All that a new deployment with one cell needs: current schemas and registered cells."""
    sync_api(api_url)
    sync_cell(cell0_url)
    sync_cell(cell1_url)
    if embedded_url is not None:
        sync_embedded(embedded_url)
    api = Database(api_url)
    try:
        return ensure_cells(api, cell0_url, cell1_url, name, transport_url)
    finally:
        api.dispose()
