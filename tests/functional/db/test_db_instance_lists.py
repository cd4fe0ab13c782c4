"""Lists of servers: filters, order, paging (also across databases), and their cost."""

import itertools

import pytest

from novalite import exception, states
from novalite.db.cell_database import instances
from novalite.db.cell_database.instance_query import ordering
from novalite.db.engine import InvalidPattern
from novalite.objects import BlockDevice
from tests.support import db

Query = instances.InstanceQuery


def _add(database, **kwargs):
    with database.write() as conn:
        return instances.create(conn, db.instance(**kwargs))


def _names(database, **kwargs):
    kwargs.setdefault("sort_keys", ["id"])
    kwargs.setdefault("sort_dirs", ["asc"])
    kwargs.setdefault("load", ())
    with database.read() as conn:
        return "".join(one.display_name for one in instances.list_(conn, Query(**kwargs)))


def test_the_newest_comes_first_by_default(cell):
    for name, second in (("a", 2), ("b", 3), ("c", 1), ("d", 3)):
        _add(cell, display_name=name, created_at=db.later(second))
    with cell.read() as conn:
        found = instances.list_(conn, Query(load=()))
    assert [one.display_name for one in found] == ["d", "b", "a", "c"]


def test_exact_filters(cell):
    _add(cell, display_name="a", project_id="p1", host="h", locked=True)
    _add(cell, display_name="b", project_id="p1", image_ref="i")
    _add(cell, display_name="c", project_id="p2", task_state="spawning")
    assert _names(cell, equals={"project_id": "p1"}) == "ab"
    assert _names(cell, equals={"tenant_id": "p1", "host": "h"}) == "a"
    assert _names(cell, equals={"project_id": ["p1", "p2"]}) == "abc"
    assert _names(cell, equals={"project_id": []}) == ""
    assert _names(cell, equals={"image": "i"}) == "b"
    assert _names(cell, equals={"locked": True}) == "a"
    assert _names(cell, equals={"locked": False}) == "bc"
    assert _names(cell, equals={"task_state": None}) == "ab"
    assert _names(cell, equals={"host": None, "task_state": ["spawning", None]}) == "bc"
    assert _names(cell, equals={"flavor": 7}) == "abc"
    assert _names(cell, equals={"flavor": 8}) == ""
    assert _names(cell, equals={"project_id": [f"p{n}" for n in range(200)]}) == "abc"


def test_uuids(cell):
    some = [_add(cell, display_name=name).uuid for name in "abc"]
    assert _names(cell, uuids=[some[0], some[2], db.new_uuid()]) == "ac"
    assert _names(cell, uuids=[]) == ""


@pytest.mark.parametrize("name", ["colour", "metadata", "flavors"])
def test_what_is_no_column_is_refused(cell, name):
    for kwargs in ({"equals": {name: 1}}, {"matches": {name: "x"}}, {"sort_keys": [name]}):
        with pytest.raises(exception.InvalidInput):
            _names(cell, **kwargs)


def test_patterns(cell):
    _add(cell, display_name="web-1", power_state=1, access_ip_v4="10.0.0.1")
    _add(cell, display_name="WEB%2", power_state=4)
    assert _names(cell, matches={"name": "web-"}) == "web-1"
    assert _names(cell, matches={"display_name": "%2"}) == "WEB%2"
    assert _names(cell, matches={"name": "%1"}) == "", "% is no wildcard"
    assert _names(cell, matches={"power_state": "1"}) == "web-1"
    assert _names(cell, matches={"access_ip_v4": "10"}) == "web-1"
    if cell.dialect == "sqlite":
        assert _names(cell, matches={"name": "^web"}) == ""
    else:
        assert _names(cell, matches={"name": "^web.[0-9]$"}) == "web-1"
        assert _names(cell, matches={"name": "(?i)^web"}) == "web-1WEB%2"


def test_a_bad_pattern_is_the_callers_fault(cell):
    _add(cell)
    if cell.dialect == "sqlite":
        assert _names(cell, matches={"name": "[a"}) == ""
        return
    with pytest.raises(InvalidPattern) as caught:
        _names(cell, matches={"name": "[a"})
    assert caught.value.code == 400


def test_states_of_a_status(cell):
    _add(cell, display_name="a", vm_state="active")
    _add(cell, display_name="b", vm_state="active", task_state="rebooting")
    _add(cell, display_name="c", vm_state="active", task_state="rebooting_hard")
    _add(cell, display_name="e", vm_state="error")
    assert _names(cell, states=states.states_of(["reboot"])) == "b"
    assert _names(cell, states=states.states_of(["REBOOT", "HARD_REBOOT"])) == "bc"
    assert _names(cell, states=states.states_of(["error"])) == "e"
    assert _names(cell, states=(["active"], None)) == "abc"
    assert _names(cell, states=states.states_of(["nonsense"])) == ""


def test_metadata(cell):
    _add(cell, display_name="a", metadata={"k": "1", "l": "2"}, system_metadata={"os": "x"})
    uuid = _add(cell, display_name="b", metadata={"k": "1"}).uuid
    _add(cell, display_name="c")
    assert _names(cell, metadata={"k": "1"}) == "ab"
    assert _names(cell, metadata={"k": "1", "l": "2"}) == "a"
    assert _names(cell, metadata={"k": "2"}) == ""
    assert _names(cell, system_metadata={"os": "x"}) == "a"
    with cell.write() as conn:
        instances.update(conn, uuid, {"metadata": {}})
    assert _names(cell, metadata={"k": "1"}) == "a"


def test_tags(cell):
    _add(cell, display_name="a", tags=["x", "y"])
    _add(cell, display_name="b", tags=["x"])
    _add(cell, display_name="c", tags=["z"])
    _add(cell, display_name="d")
    assert _names(cell, tags=["x"]) == "ab"
    assert _names(cell, tags=["x", "y"]) == "a"
    assert _names(cell, tags_any=["y", "z"]) == "ac"
    assert _names(cell, not_tags=["x", "y"]) == "bcd"
    assert _names(cell, not_tags_any=["x", "y"]) == "cd"
    assert _names(cell, tags=["x"], not_tags_any=["y"]) == "b"


def test_deleted_and_hidden(cell):
    _add(cell, display_name="a")
    _add(cell, display_name="h", hidden=True)
    gone = _add(cell, display_name="g").uuid
    with cell.write() as conn:
        instances.destroy(conn, gone, db.later(10))
    assert _names(cell) == "a"
    assert _names(cell, deleted=True) == "g"
    assert _names(cell, deleted=None) == "ag"
    assert _names(cell, hidden=None) == "ah"


def test_changes_are_bounded_inclusively(cell):
    for name, second in zip("abc", (1, 2, 3), strict=True):
        uuid = _add(cell, display_name=name, created_at=db.NOW).uuid
        with cell.write() as conn:
            instances.update(conn, uuid, {"progress": 1}, now=db.later(second))
    fresh = _add(cell, display_name="d", created_at=db.later(9)).uuid
    assert _names(cell, changes_since=db.later(2)) == "bcd"
    assert _names(cell, changes_before=db.later(2)) == "ab"
    assert _names(cell, changes_since=db.later(2), changes_before=db.later(2)) == "b"
    with cell.write() as conn:
        instances.destroy(conn, fresh, db.later(20))
    assert _names(cell, changes_since=db.later(10)) == ""
    assert _names(cell, changes_since=db.later(10), deleted=None) == "d"


def test_limit(cell):
    for name in "abc":
        _add(cell, display_name=name)
    assert _names(cell, limit=2) == "ab"
    assert _names(cell, limit=0) == ""


def test_an_unknown_marker_is_refused(cell):
    with pytest.raises(exception.MarkerNotFound):
        _names(cell, marker=db.new_uuid())


# ---- order and pages ----


def _key(query, one):
    """Python's idea of the order: None is smallest. Descending parts are sorted separately."""
    keys, _ = ordering(query)
    values = [getattr(one, key) for key in keys]
    return [(value is not None, value) for value in values]


def _sorted(query, some):
    keys, directions = ordering(query)
    for position in reversed(range(len(keys))):
        some = sorted(
            some, key=lambda one: _key(query, one)[position], reverse=directions[position] == "desc"
        )
    return some


ORDERS = [
    (["created_at"], ["desc"]),
    (["display_name"], ["asc"]),
    (["display_name", "launched_at"], ["asc", "desc"]),
    (["launched_at", "display_name"], ["asc"]),
    (["launched_at"], ["desc"]),
    (["task_state", "power_state", "uuid"], ["desc", "asc", "desc"]),
    (["host", "locked"], ["desc", "desc"]),
    (["display_name", "memory_mb"], ["desc", "asc"]),
]


def _some_servers(count):
    nothing_or = itertools.cycle([None, "b", "A", "ä", "b", None, "_"])
    when = itertools.cycle([None, db.later(1), db.later(2), None, db.later(1)])
    return [
        db.instance(
            display_name=f"n{number % 3}",
            created_at=db.later(number // 2),
            launched_at=next(when),
            task_state=next(nothing_or),
            host=next(nothing_or),
            power_state=number % 2,
            memory_mb=number % 4,
            locked=number % 5 == 0,
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(("keys", "directions"), ORDERS)
def test_pages_put_together_are_the_sorted_list(cell, keys, directions):
    some = _some_servers(23)
    with cell.write() as conn:
        for one in some:
            instances.create(conn, one)
    query = Query(sort_keys=keys, sort_dirs=directions, load=(), limit=4)
    found = []
    with cell.read() as conn:
        while page := instances.list_(conn, query):
            assert len(page) <= 4
            found += page
            query.marker = page[-1].uuid
    assert [one.uuid for one in found] == [one.uuid for one in _sorted(query, some)]


@pytest.mark.parametrize(("keys", "directions"), ORDERS)
def test_pages_across_two_databases(cell, other_cell, keys, directions):
    """Each page is merged from both; the marker is in one of them, its values serve the other."""
    some = _some_servers(22)
    for database, part in ((cell, some[::2]), (other_cell, some[1::2])):
        with database.write() as conn:
            for one in part:
                instances.create(conn, one)
    query = Query(sort_keys=keys, sort_dirs=directions, load=(), limit=3)
    found = []
    while True:
        page = []
        for database in (cell, other_cell):
            with database.read() as conn:
                page += instances.list_(conn, query)
        page = _sorted(query, page)[:3]
        if not page:
            break
        found += page
        for database in (cell, other_cell):
            with database.read() as conn:
                values = instances.marker_values(conn, query, page[-1].uuid)
            if values is not None:
                query.marker_values = values
    assert [one.uuid for one in found] == [one.uuid for one in _sorted(query, some)]


def test_a_deleted_marker_still_marks(cell):
    uuids = [_add(cell, display_name=name).uuid for name in "abc"]
    with cell.write() as conn:
        instances.destroy(conn, uuids[1], db.NOW)
    assert _names(cell, marker=uuids[1]) == "c"


# ---- cost ----


def _fill(database, count):
    with database.write() as conn:
        for number in range(count):
            instances.create(
                conn,
                db.instance(
                    display_name=f"s{number}",
                    metadata={"a": "1"},
                    system_metadata={"image_os": "x"},
                    tags=["t"],
                    block_devices=[BlockDevice("image", "local")],
                ),
            )


def test_a_list_costs_the_same_statements_whatever_its_length(cell):
    many = 1000 if cell.dialect == "sqlite" else 200
    _fill(cell, many)
    counts = []
    for limit in (10, many):
        with cell.counting() as counter, cell.read() as conn:
            found = instances.list_(conn, Query(limit=limit))
        assert len(found) == limit
        assert all(len(one.block_devices) == 1 and one.tags == ["t"] for one in found)
        assert all(one.metadata == {"a": "1"} for one in found)
        counts.append(counter.count)
    assert counts == [6, 6]
    with cell.counting() as counter, cell.read() as conn:
        instances.list_(conn, Query(limit=10, load=(), marker=found[0].uuid))
    assert counter.count == 2
