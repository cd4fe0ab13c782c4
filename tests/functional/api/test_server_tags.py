"""Tags of a server (2.26)."""

from typing import Any

import pytest

from novalite import states
from tests.support.samples import differences, sample
from tests.support.servers_api import ServersApi

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"


@pytest.fixture
def server(cloud: ServersApi) -> str:
    return cloud.running(version="2.52", tags=["blue", "old"])


def call(cloud: ServersApi, method: str, server: str, tag: str = "", **more: Any) -> Any:
    path = f"/servers/{server}/tags" + (f"/{tag}" if tag else "")
    return cloud.request(method, path, **{"version": "2.26", **more})


def stored(cloud: ServersApi, server: str) -> Any:
    return cloud.row(server).tags


def test_read(cloud: ServersApi, server: str) -> None:
    reply = call(cloud, "GET", server, token="reader")
    assert reply.json == {"tags": ["blue", "old"]}
    assert not differences(reply.json, sample("os-server-tags/v2.26/server-tags-index-resp"))
    reply = call(cloud, "GET", server, "old", token="reader")
    assert (reply.status, reply.body) == (204, b"")
    reply = call(cloud, "GET", server, "new")
    assert (reply.status, reply.fault[1]) == (404, f"Server {server} has no tag 'new'")


def test_add(cloud: ServersApi, server: str) -> None:
    reply = call(cloud, "PUT", server, "new one ä")
    assert (reply.status, reply.body) == (201, b"")
    path = f"/v2.1/servers/{server}/tags/new%20one%20%C3%A4"
    assert reply.headers["location"] == f"http://openstack.example.com{path}"
    reply = call(cloud, "PUT", server, "old")
    assert (reply.status, reply.body) == (204, b"")
    assert "location" not in reply.headers
    assert stored(cloud, server) == ["blue", "new one ä", "old"]
    shown = cloud.get(f"/servers/{server}", version="2.26").json["server"]["tags"]
    assert shown == stored(cloud, server)


def test_replace(cloud: ServersApi, server: str) -> None:
    reply = call(cloud, "PUT", server, body={"tags": ["z", "old", "z"]})
    assert (reply.status, reply.json) == (200, {"tags": ["old", "z"]})
    assert stored(cloud, server) == ["old", "z"]
    wanted = sample("os-server-tags/v2.26/server-tags-put-all-req")
    reply = call(cloud, "PUT", server, body=wanted)
    assert not differences(reply.json, sample("os-server-tags/v2.26/server-tags-put-all-resp"))
    assert call(cloud, "PUT", server, body={"tags": []}).json == {"tags": []}
    assert stored(cloud, server) == []


def test_remove(cloud: ServersApi, server: str) -> None:
    assert call(cloud, "DELETE", server, "old").status == 204
    assert stored(cloud, server) == ["blue"]
    reply = call(cloud, "DELETE", server, "old")
    assert (reply.status, reply.fault[1]) == (404, f"Instance {server} has no tag 'old'")
    assert call(cloud, "DELETE", server).status == 204
    assert stored(cloud, server) == []
    assert call(cloud, "DELETE", server).status == 204


def test_at_most_fifty(cloud: ServersApi, server: str) -> None:
    many = [f"tag{number:02}" for number in range(51)]
    assert call(cloud, "PUT", server, body={"tags": many}).status == 400
    assert call(cloud, "PUT", server, body={"tags": many[:50]}).status == 200
    reply = call(cloud, "PUT", server, "one-more")
    assert (reply.status, reply.fault[1]) == (
        400,
        "The number of tags exceeded the per-server limit 50",
    )
    assert call(cloud, "PUT", server, "tag00").status == 204
    assert stored(cloud, server) == many[:50]


CHANGES: list[tuple[str, str, Any, str]] = [
    ("PUT", "", {"tags": ["new"]}, "update tags"),
    ("PUT", "new", None, "update tag"),
    ("DELETE", "", None, "delete tags"),
    ("DELETE", "old", None, "delete tag"),
]


@pytest.mark.parametrize(("method", "tag", "body", "action"), CHANGES)
def test_states(
    cloud: ServersApi, server: str, method: str, tag: str, body: Any, action: str
) -> None:
    promised = cloud.created(version="2.52", tags=["old"])
    cloud.change(server, vm_state=states.ERROR)
    for uuid, vm_state in ((server, states.ERROR), (promised, states.BUILDING)):
        reply = call(cloud, method, uuid, tag, body=body)
        assert reply.status == 409
        expected = f"Cannot '{action}' instance {uuid} while it is in vm_state {vm_state}"
        assert reply.fault == ("conflictingRequest", expected)
    assert stored(cloud, server) == ["blue", "old"]
    assert call(cloud, "GET", promised).json == {"tags": ["old"]}
    # A task that runs is no hindrance, nor is a lock.
    cloud.change(server, vm_state=states.PAUSED, task_state=states.UNPAUSING, locked=True)
    assert call(cloud, method, server, tag, body=body).status in (200, 201, 204)


def test_who_may(cloud: ServersApi, server: str) -> None:
    for method, tag, body, _ in CHANGES:
        for token, status in (("reader", 403), ("nobody", 403), ("other", 404), (None, 401)):
            assert call(cloud, method, server, tag, body=body, token=token).status == status
        assert call(cloud, method, UUID, tag, body=body).status == 404
        assert call(cloud, method, server, tag, body=body, version="2.25").status == 404
    assert stored(cloud, server) == ["blue", "old"]


BAD: list[tuple[str, Any]] = [
    ("a,b", None),
    ("x" * 61, None),
    ("new", {}),
    ("new", {"tags": []}),
    ("", None),
    ("", {}),
    ("", {"tags": None}),
    ("", {"tags": ["a,b"]}),
    ("", {"tags": ["a/b"]}),
    ("", {"tags": [""]}),
    ("", {"tags": ["x" * 61]}),
    ("", {"tags": ["a", "a "]}),
    ("old ", None),
    ("", {"tags": [1]}),
    ("", {"tags": [], "more": 1}),
]


def test_bad_requests(cloud: ServersApi, server: str) -> None:
    for tag, body in BAD:
        assert call(cloud, "PUT", server, tag, body=body).status == 400, (tag, body)
    assert stored(cloud, server) == ["blue", "old"]


def test_longest(cloud: ServersApi, server: str) -> None:
    assert call(cloud, "PUT", server, "x" * 60).status == 201


def test_made_with_a_server(cloud: ServersApi) -> None:
    assert cloud.create(version="2.52", tags=["a", "a "]).status == 400
    assert cloud.create(version="2.52", tags=["a", " a"]).status == 202
