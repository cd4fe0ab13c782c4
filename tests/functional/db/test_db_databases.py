"""Which databases a process has, and how it finds its cells."""

import pytest
import sqlalchemy as sa

from novalite import conf as configuration
from novalite import exception
from novalite.db import sync
from novalite.db.api_database import cell_mappings
from novalite.db.databases import REFRESH, Databases
from novalite.objects import CELL0_UUID, CellMapping
from tests.support import db


class HeldClock:
    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return db.NOW

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock():
    return HeldClock()


@pytest.fixture
def urls(api, cell, other_cell):
    return [one.url.render_as_string(hide_password=False) for one in (api, other_cell, cell)]


@pytest.fixture
def databases(urls, clock):
    made = Databases(urls[0], urls[2], clock=clock)
    sync.ensure_cells(made.api, urls[1], urls[2])
    yield made
    made.dispose()


def test_cells_are_found_through_the_api_database(databases, urls):
    ((mapping, database),) = databases.cells()
    assert mapping.name == "cell1"
    assert databases.cell(mapping.uuid) is database
    assert databases.cell0 is databases.cell(CELL0_UUID)
    assert databases.cell0.url == sa.make_url(urls[1])
    own_mapping, own = databases.own_cell
    assert own_mapping == mapping and own is database, "one engine per URL"


def test_what_is_known_is_not_read_again_at_once(databases, clock):
    databases.refresh()
    with databases.api.counting() as counter:
        for _ in range(3):
            databases.cells()
            databases.cell(databases.own_cell[0].uuid)
        assert counter.count == 0
        clock.seconds += REFRESH + 1
        databases.cells()
        databases.cells()
    assert counter.count == 1


def test_a_cell_that_is_new_is_found_when_it_is_asked_for(databases, urls):
    databases.refresh()
    new = CellMapping(db.new_uuid(), "new", urls[1])
    with databases.api.write() as conn:
        cell_mappings.create(conn, new)
    assert databases.mapping(new.uuid).name == "new"
    assert [mapping.name for mapping, _ in databases.cells()] == ["cell1", "new"]
    with pytest.raises(exception.CellMappingNotFound):
        databases.cell(db.new_uuid())


def test_disabled_cells_take_no_new_servers_but_keep_theirs(databases):
    uuid = databases.own_cell[0].uuid
    with databases.api.write() as conn:
        cell_mappings.update(conn, uuid, disabled=True)
    databases.refresh()
    assert databases.cells() == []
    assert [mapping.uuid for mapping, _ in databases.cells(disabled=True)] == [uuid]
    assert databases.cell(uuid) is databases.own_cell[1]


def test_a_process_without_a_cell_and_one_that_is_not_registered(urls, kit):
    no_cell = Databases(urls[0])
    assert no_cell.own_cell is None
    stranger = Databases(urls[0], kit.empty_url())
    assert stranger.own_cell is None
    compute = Databases(None)
    assert compute.api is None and compute.own_cell is None
    with pytest.raises(exception.CellMappingNotFound):
        compute.cell(CELL0_UUID)
    for one in (no_cell, stranger, compute):
        one.dispose()


def test_from_conf(urls):
    conf = configuration.configuration()
    conf.set_override("connection", urls[0], "api_database")
    conf.set_override("connection", urls[2], "database")
    databases = Databases.from_conf(conf)
    sync.ensure_cells(databases.api, urls[1], urls[2])
    assert databases.own_cell[0].name == "cell1"
    databases.dispose()
