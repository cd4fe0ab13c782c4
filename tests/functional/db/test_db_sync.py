"""Migrations, synchronisation and the registration of cells."""

import importlib

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from novalite.db import embedded, sync
from novalite.db.api_database import cell_mappings
from novalite.db.cell_database import models
from novalite.db.engine import Database
from novalite.objects import CELL0_UUID
from tests.support import db

TREES = [sync.API, sync.CELL, sync.EMBEDDED]
SYNC = {sync.API: sync.sync_api, sync.CELL: sync.sync_cell, sync.EMBEDDED: sync.sync_embedded}


@pytest.fixture(autouse=True)
def embedded_tables():
    for name in ("identity", "image", "network"):
        importlib.import_module(f"novalite.{name}.embedded.tables")


@pytest.fixture
def empty(kit):
    database = Database(kit.empty_url())
    yield database
    database.dispose()


def _url(database):
    return database.url.render_as_string(hide_password=False)


def _differences(database, tree):
    with database.read() as conn:
        options = {"compare_type": True, "version_table": sync.version_table(tree)}
        context = MigrationContext.configure(conn, opts=options)
        return compare_metadata(context, sync.metadata_of(tree))


@pytest.mark.parametrize("tree", TREES)
def test_migrations_make_what_the_models_say(empty, tree):
    assert sync.version(empty, tree) is None
    assert SYNC[tree](_url(empty)) == sync.head(tree) == sync.version(empty, tree)
    assert _differences(empty, tree) == []


def test_a_difference_would_be_seen(empty):
    """The comparison above is worth something."""
    sync.sync_cell(_url(empty))
    with empty.write() as conn:
        conn.execute(sa.text("ALTER TABLE tags ADD COLUMN colour VARCHAR(10)"))
    assert [change[0] for change in _differences(empty, sync.CELL)] == ["remove_column"]


@pytest.mark.parametrize("tree", TREES)
def test_the_head_is_alembics(tree):
    config = Config()
    config.set_main_option("script_location", str(sync._MIGRATIONS))
    config.set_main_option("version_locations", str(sync._MIGRATIONS / tree))
    config.set_main_option("path_separator", "newline")
    assert ScriptDirectory.from_config(config).get_current_head() == sync.head(tree)


@pytest.mark.parametrize("tree", TREES)
def test_a_current_database_is_only_looked_at(empty, tree, monkeypatch):
    SYNC[tree](_url(empty))

    def forbidden(*args):
        raise AssertionError("migrated again")

    monkeypatch.setattr(sync, "_upgrade", forbidden)
    monkeypatch.setattr(sync, "create_missing", forbidden)
    assert SYNC[tree](_url(empty)) == sync.head(tree)


def test_several_processes_may_sync_at_once(kit):
    url = kit.empty_url()
    heads = db.run_threads([lambda: sync.sync_cell(url)] * 4)
    assert heads == [sync.head(sync.CELL)] * 4
    database = Database(url)
    assert _differences(database, sync.CELL) == []
    database.dispose()


def test_a_migration_that_was_killed_is_finished_by_the_next_one(empty):
    """MariaDB commits each DDL statement: half the tables may be there, one without its index."""
    sync.sync_cell(_url(empty))
    with empty.write() as conn:
        conn.execute(sa.text(f"DELETE FROM {sync.version_table(sync.CELL)}"))
        models.volume_usage_cache.drop(conn)
        index = next(i for i in models.allocations.indexes if i.name == "ix_allocations_host")
        index.drop(conn)
    assert _differences(empty, sync.CELL)
    sync.sync_cell(_url(empty))
    assert _differences(empty, sync.CELL) == []
    assert sync.version(empty, sync.CELL) == sync.head(sync.CELL)


def test_a_neighbour_that_is_embedded_later_gets_its_tables(empty):
    sync.sync_embedded(_url(empty))
    late = sa.Table("late_neighbour", embedded.metadata, sa.Column("id", sa.Integer))
    try:
        sync.sync_embedded(_url(empty))
        with empty.read() as conn:
            assert sa.inspect(conn).has_table("late_neighbour")
    finally:
        embedded.metadata.remove(late)


def test_all_trees_may_share_one_database(empty):
    for tree in TREES:
        SYNC[tree](_url(empty))
    for tree in TREES:
        assert sync.version(empty, tree) == sync.head(tree)


def test_cells_are_registered_once_whoever_does_it(api):
    found = db.run_threads(
        [lambda: sync.ensure_cells(api, "sqlite:///c0", "sqlite:///c1", transport_url="t://")] * 5
    )
    assert len({cell.uuid for cell in found}) == 1
    with api.read() as conn:
        cells = cell_mappings.list_(conn)
    assert [(cell.name, cell.database_connection) for cell in cells] == [
        ("cell0", "sqlite:///c0"),
        ("cell1", "sqlite:///c1"),
    ]
    assert cells[0].uuid == CELL0_UUID and cells[1].transport_url == "t://"


def test_urls_of_registered_cells_follow_the_configuration(api):
    first = sync.ensure_cells(api, "sqlite:///c0", "sqlite:///c1")
    again = sync.ensure_cells(api, "sqlite:///new0", "sqlite:///new1")
    assert (again.uuid, again.database_connection) == (first.uuid, "sqlite:///new1")
    other = sync.ensure_cells(api, "sqlite:///new0", "sqlite:///c2", name="cell2")
    assert other.uuid != first.uuid
    with api.read() as conn:
        assert cell_mappings.get(conn, CELL0_UUID).database_connection == "sqlite:///new0"
        assert len(cell_mappings.list_(conn)) == 3


def test_prepare_makes_a_whole_deployment(kit):
    urls = [kit.empty_url() for _ in range(4)]
    cell = sync.prepare(*urls[:3], embedded_url=urls[3])
    assert sync.prepare(*urls[:3], embedded_url=urls[3]) == cell
    for url, tree in zip(urls, (sync.API, sync.CELL, sync.CELL, sync.EMBEDDED), strict=True):
        database = Database(url)
        assert sync.version(database, tree) == sync.head(tree)
        database.dispose()
