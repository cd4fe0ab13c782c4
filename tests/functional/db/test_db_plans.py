"""SQLite's plans of the frequent queries: no scan of a table, no sorting of a list."""

import pytest
import sqlalchemy as sa

from novalite.db.api_database import build_requests, instance_mappings, quotas
from novalite.db.cell_database import allocations, instance_actions, instances
from tests.support import db

Query = instances.InstanceQuery


def _plans(database, work):
    """(statement, its plan) of each statement of ``work``."""
    plans = []

    def explain(conn, cursor, statement, parameters, context, many):
        if not statement.startswith("EXPLAIN"):
            explained = cursor.connection.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            plans.append((statement, "; ".join(row[3] for row in explained)))

    sa.event.listen(database.engine, "before_cursor_execute", explain)
    try:
        with database.write() as conn:
            work(conn)
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", explain)
    assert plans
    return plans


def _check(database, work, *, sorting=False):
    for statement, plan in _plans(database, work):
        scans = [
            step
            for step in plan.split("; ")
            if step.startswith("SCAN") and "VIRTUAL TABLE" not in step and " USING " not in step
        ]
        assert not scans, f"{scans}\n{statement}"
        if not sorting:
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan, f"{plan}\n{statement}"


@pytest.fixture(autouse=True)
def some_rows(cell):
    with cell.write() as conn:
        for number in range(30):
            one = db.instance(
                project_id=f"p{number % 3}", host=f"h{number % 5}", metadata={"a": "b"}
            )
            instances.create(conn, one)


@pytest.mark.parametrize(
    "query",
    [
        Query(equals={"project_id": "p1"}, limit=100, load=()),
        Query(limit=100, load=()),
        Query(equals={"project_id": "p1"}, sort_dirs=["asc"], limit=100, load=()),
    ],
    ids=["project", "all", "oldest"],
)
def test_the_usual_lists_come_sorted_from_an_index(cell, query):
    _check(cell, lambda conn: instances.list_(conn, query))
    query.marker_values = [db.NOW, 3, "x"]
    ((_, plan),) = _plans(cell, lambda conn: instances.list_(conn, query))
    assert "ORDER BY" not in plan
    assert "created_at<?" in plan or "created_at>?" in plan, "pages start at the marker"


@pytest.mark.parametrize(
    "query",
    [
        Query(changes_since=db.NOW, deleted=None, equals={"project_id": "p1"}, load=()),
        Query(changes_since=db.NOW, deleted=None, load=()),
        Query(deleted=True, limit=100, load=()),
        Query(equals={"host": "h1"}, load=()),
        Query(equals={"reservation_id": "r-1"}, load=()),
        Query(equals={"uuid": "u"}, load=()),
        Query(tags=["t"], metadata={"a": "b"}, load=()),
    ],
    ids=["changes", "changes of all", "deleted", "host", "reservation", "uuid", "tags"],
)
def test_other_lists_may_sort_but_not_scan(cell, query):
    _check(cell, lambda conn: instances.list_(conn, query), sorting=True)


def test_collections_are_found_by_the_servers(cell):
    _check(cell, lambda conn: instances.list_(conn, Query(limit=10)), sorting=True)
    with cell.read() as conn:
        uuid = instances.list_(conn, Query(limit=1, load=()))[0].uuid
    _check(cell, lambda conn: instances.get(conn, uuid), sorting=True)


def test_work_on_one_server(cell):
    uuid = db.new_uuid()
    _check(cell, lambda conn: instances.on_host(conn, "h1"), sorting=True)
    _check(cell, lambda conn: instances.destroy(conn, uuid, db.NOW))
    _check(cell, lambda conn: allocations.claim(conn, uuid, 1, 1, 1, 1))
    _check(cell, lambda conn: allocations.orphans(conn, "h1", db.NOW), sorting=True)
    _check(cell, lambda conn: instance_actions.list_(conn, uuid, 10))


def test_the_api_database(api):
    _check(api, lambda conn: quotas.usage(conn, "p"))
    ((_, plan),) = _plans(api, lambda conn: quotas.usage(conn, "p"))
    assert "COVERING INDEX" in plan
    _check(api, lambda conn: quotas.overrides(conn, "p", "u"))
    _check(api, lambda conn: build_requests.list_(conn, "p"))
    _check(api, build_requests.list_)
    _check(api, lambda conn: build_requests.renew(conn, "o", db.NOW))
    _check(
        api,
        lambda conn: build_requests.take(conn, "o", db.NOW, db.NOW, uuids=["a", "b"]),
        sorting=True,
    )
    _check(api, lambda conn: instance_mappings.get_many(conn, ["a", "b"]))
