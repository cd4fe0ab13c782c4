"""/os-migrations and /servers/{id}/migrations."""

import datetime
import uuid as uuids
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from novalite.db.cell_database import models
from tests.support.api import OTHER_PROJECT, PROJECT
from tests.support.samples import differences, sample
from tests.support.servers_api import USER, ServersApi

PATH = "/os-migrations"
DAY = datetime.datetime(2016, 1, 29, 13, 42, 2)
HOSTS = ("source_compute", "source_node", "dest_compute", "dest_node", "dest_host")


def add(cloud: ServersApi, server: str, number: int, **members: Any) -> str:
    """The uuid of a migration that began on the ``number``-th day."""
    row = {
        "uuid": str(uuids.uuid4()),
        "instance_uuid": server,
        "migration_type": "resize",
        "status": "error",
        "source_compute": "compute1",
        "source_node": "node1",
        "dest_compute": "compute2",
        "dest_node": "node2",
        "dest_host": "1.2.3.4",
        "old_instance_type_id": 1,
        "new_instance_type_id": 2,
        "user_id": USER,
        "project_id": PROJECT,
        "created_at": DAY + datetime.timedelta(days=number),
        "updated_at": DAY + datetime.timedelta(days=number),
        **members,
    }
    with cloud.cell_db.write() as conn:
        conn.execute(models.migrations.insert(), row)
    return row["uuid"]


def live(cloud: ServersApi, server: str, number: int, **members: Any) -> str:
    progress = {
        f"{what}_{name}": 1000 + n
        for what in ("memory", "disk")
        for n, name in enumerate(("total", "processed", "remaining"))
    }
    values = {"migration_type": "live-migration", "status": "running", **progress, **members}
    return add(cloud, server, number, **values)


def found(
    cloud: ServersApi, token: str = "admin", version: str = "2.80", **query: Any
) -> list[str]:
    """The uuids of what a query finds."""
    reply = cloud.get(f"{PATH}?{urlencode(query)}", token=token, version=version)
    assert reply.status == 200, reply.body
    return [migration["uuid"] for migration in reply.json["migrations"]]


@pytest.mark.parametrize(
    ("version", "directory"),
    [
        ("2.1", ""),
        ("2.22", ""),
        ("2.23", "v2.23/"),
        ("2.59", "v2.59/"),
        ("2.66", "v2.66/"),
        ("2.80", "v2.80/"),
        ("2.104", "v2.80/"),
    ],
)
def test_samples(cloud: ServersApi, version: str, directory: str) -> None:
    server = cloud.running()
    first = live(cloud, server, 1)
    link = f"http://openstack.example.com/v2.1/servers/{server}/migrations/1"
    for limit in (1, 7) if version >= "2.59" else (1,):
        query = f"?limit={limit}" if directory > "v2.23/" else ""
        answer = cloud.get(PATH + query, token="admin", version=version).json
        expected = sample(f"os-migrations/{directory}migrations-get")
        # The one with links is the last of the newer samples.
        expected["migrations"] = [
            next((m for m in expected["migrations"] if "links" in m), expected["migrations"][0])
        ]
        if limit == 1 and query:
            full = f"os-migrations/{directory}migrations-get-with-limit"
            expected["migrations_links"] = sample(full)["migrations_links"]
        assert differences(answer, expected) == []
        (migration,) = answer["migrations"]
        assert ("links" in migration) == bool(directory)
        if directory:
            assert migration["links"][0] == {"rel": "self", "href": link}
        if query:
            assert migration["uuid"] == first
    for name, key in (("index", "migrations"), ("get", "migration")):
        if directory in ("v2.23/", "v2.59/", "v2.80/"):
            path = f"/servers/{server}/migrations" + ("/1" if name == "get" else "")
            answer = cloud.get(path, token="admin", version=version).json
            expected = sample(f"server-migrations/{directory}migrations-{name}")
            assert differences(answer, expected) == []
            assert answer[key]


def test_nothing_moved(cloud: ServersApi) -> None:
    for version in ("2.1", "2.23", "2.59", "2.80", "2.104"):
        reply = cloud.get(PATH, token="admin", version=version)
        assert (reply.status, reply.json) == (200, {"migrations": []})


def test_filters(cloud: ServersApi) -> None:
    one, other = cloud.running(), cloud.running()
    first = add(cloud, one, 1)
    second = add(cloud, one, 2, status="done", user_id="u2")
    third = live(cloud, other, 3, source_compute="compute3", project_id=OTHER_PROJECT)
    add(cloud, other, 4, hidden=True)
    day = (DAY + datetime.timedelta(days=2)).isoformat()
    assert found(cloud) == [third, second, first]
    assert found(cloud, status="done") == [second]
    assert found(cloud, migration_type="live-migration") == [third]
    assert found(cloud, instance_uuid=one) == [second, first]
    assert found(cloud, source_compute="compute1") == [second, first]
    assert found(cloud, source_compute="compute2") == []
    assert found(cloud, host="compute2") == [third, second, first]
    assert found(cloud, host="compute3", source_compute="compute1") == [third]
    assert found(cloud, hidden="true") == []
    assert found(cloud, hidden="0") == [third, second, first]
    assert found(cloud, user_id="u2") == [second]
    assert found(cloud, project_id=OTHER_PROJECT) == [third]
    assert found(cloud, **{"changes-since": day}) == [third, second]
    assert found(cloud, **{"changes-before": day}) == [second, first]
    assert found(cloud, **{"changes-since": day, "changes-before": day}) == [second]


def test_filters_before_they_existed(cloud: ServersApi) -> None:
    server = cloud.running()
    for number in range(3):
        add(cloud, server, number)
    query = urlencode({"changes-since": "2030-01-01", "limit": 1, "user_id": "x", "marker": "y"})
    reply = cloud.get(f"{PATH}?{query}", token="admin", version="2.58").json
    assert [m["id"] for m in reply["migrations"]] == [1, 2, 3], "no limit, the oldest first"
    before = urlencode({"changes-before": "2010-01-01"})
    assert len(cloud.get(f"{PATH}?{before}", token="admin").json["migrations"]) == 3


def test_pages(cloud: ServersApi) -> None:
    server = cloud.running()
    # Two of them began at the same time.
    expected = [add(cloud, server, number) for number in (1, 2, 2, 3, 4)][::-1]
    seen, query = [], "limit=2"
    for _ in expected:
        answer = cloud.get(f"{PATH}?{query}", token="admin", version="2.59").json
        seen += [migration["uuid"] for migration in answer["migrations"]]
        if "migrations_links" not in answer:
            break
        query = urlsplit(answer["migrations_links"][0]["href"]).query
    assert seen == expected
    assert found(cloud, limit=0) == []


@pytest.mark.parametrize(
    ("query", "version"),
    [
        ({"marker": "00000000-0000-0000-0000-000000000000"}, "2.59"),
        ({"limit": -1}, "2.59"),
        ({"changes-since": "then"}, "2.59"),
        ({"changes-before": "2026-01-01"}, "2.65"),
        ({"changes-since": "2026-01-02", "changes-before": "2026-01-01"}, "2.66"),
        ({"project_id": PROJECT}, "2.79"),
        ({"colour": "red"}, "2.59"),
    ],
)
def test_nonsense(cloud: ServersApi, query: dict[str, Any], version: str) -> None:
    reply = cloud.get(f"{PATH}?{urlencode(query)}", token="admin", version=version)
    assert reply.status == 400


def test_a_manager_sees_those_of_the_project_without_hosts(cloud: ServersApi) -> None:
    server = cloud.running()
    mine = live(cloud, server, 1)
    add(cloud, server, 2, project_id=OTHER_PROJECT)
    assert found(cloud, "manager") == found(cloud, "manager", project_id=PROJECT) == [mine]
    (seen,) = cloud.get(PATH, token="manager", version="2.23").json["migrations"]
    assert {seen[name] for name in HOSTS} == {None}
    (seen,) = cloud.get(f"/servers/{server}/migrations", token="manager", version="2.23").json[
        "migrations"
    ]
    assert {seen[name] for name in HOSTS} == {None}
    for query in (f"project_id={OTHER_PROJECT}", "host=compute1", "source_compute=compute1"):
        assert cloud.get(f"{PATH}?{query}", token="manager", version="2.80").status == 403
    for token in ("member", "reader", "other"):
        assert cloud.get(PATH, token=token).status == 403


def test_of_a_server(cloud: ServersApi) -> None:
    server, other = cloud.running(), cloud.running()
    for number, status in enumerate(("queued", "completed", "post-migrating", "error"), 1):
        live(cloud, server, number, status=status)
    add(cloud, server, 5, status="running")
    live(cloud, other, 6)

    def get(path: str, token: str = "admin", version: str = "2.23") -> Any:
        return cloud.get(f"/servers/{path}", token=token, version=version)

    listed = get(f"{server}/migrations").json["migrations"]
    assert [migration["id"] for migration in listed] == [1, 3]
    assert get(f"{server}/migrations/3").json["migration"]["status"] == "post-migrating"
    messages = {
        "2": f"Live migration 2 for server {server} is not in progress.",
        "5": f"Migration 5 for server {server} is not live-migration.",
        "6": f"In-progress live migration 6 is not found for server {server}.",
        "x": f"In-progress live migration x is not found for server {server}.",
        "9" * 30: f"In-progress live migration {'9' * 30} is not found for server {server}.",
    }
    for number, message in messages.items():
        reply = get(f"{server}/migrations/{number}")
        assert (reply.status, reply.fault[1]) == (404, message)
    promised = cloud.created()
    assert get(f"{promised}/migrations").json == {"migrations": []}
    assert get(f"{promised}/migrations/1").status == 404
    assert get(f"{uuids.uuid4()}/migrations").status == 404
    assert get(f"{server}/migrations", version="2.22").status == 404
    assert get(f"{server}/migrations", "member").status == 403
    assert get(f"{server}/migrations", "other").status == 404
    assert get(f"{server}/migrations/1", "manager").status == 403
    assert get(f"{server}/migrations?a=b", version="2.101").status == 200
    assert get(f"{server}/migrations?a=b", version="2.102").status == 400


def test_a_fixed_number_of_statements(cloud: ServersApi) -> None:
    server = cloud.running()
    for number in range(5):
        marker = live(cloud, server, number)
    for query, count in (("", 1), (f"?marker={marker}&limit=3", 2)):
        with cloud.cell_db.counting() as counter:
            assert cloud.get(PATH + query, token="admin", version="2.59").status == 200
        assert counter.count == count
