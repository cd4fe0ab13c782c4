"""The user's keys and values of a server."""

import threading
from typing import Any

import pytest

from novalite.api.compute import held, server_metadata
from novalite.context import admin_context
from tests.support.samples import differences, sample
from tests.support.servers_api import ServersApi
from tests.support.small_cloud import Killed

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"
BEFORE = {"a": "1", "b": "2"}


@pytest.fixture
def server(cloud: ServersApi) -> str:
    return cloud.running(metadata=BEFORE)


def url(server: str, key: str = "") -> str:
    return f"/servers/{server}/metadata" + (f"/{key}" if key else "")


def stored(cloud: ServersApi, server: str) -> Any:
    return cloud.row(server).metadata


def test_read(cloud: ServersApi, server: str) -> None:
    reply = cloud.get(url(server), token="reader")
    assert reply.json == {"metadata": BEFORE}
    assert cloud.get(url(server, "b"), token="reader").json == {"meta": {"b": "2"}}
    reply = cloud.get(url(server, "c"))
    assert (reply.status, reply.fault[1]) == (404, "Metadata item was not found")


def test_merge(cloud: ServersApi, server: str) -> None:
    reply = cloud.post(url(server), {"metadata": {"b": "3", "c": ""}})
    assert reply.status == 200
    assert reply.json == {"metadata": {"a": "1", "b": "3", "c": ""}}
    assert stored(cloud, server) == {"a": "1", "b": "3", "c": ""}
    assert cloud.get(f"/servers/{server}").json["server"]["metadata"] == stored(cloud, server)


def test_replace(cloud: ServersApi, server: str) -> None:
    reply = cloud.put(url(server), {"metadata": {"b": "3", "c": "4"}})
    assert reply.json == {"metadata": {"b": "3", "c": "4"}}
    assert stored(cloud, server) == {"b": "3", "c": "4"}
    assert cloud.put(url(server), {"metadata": {}}).json == {"metadata": {}}
    assert stored(cloud, server) == {}
    # What was there before may come again.
    assert cloud.put(url(server), {"metadata": BEFORE}).json == {"metadata": BEFORE}
    assert stored(cloud, server) == BEFORE


def test_set_and_delete_one(cloud: ServersApi, server: str) -> None:
    assert cloud.put(url(server, "b"), {"meta": {"b": "9"}}).json == {"meta": {"b": "9"}}
    assert cloud.put(url(server, "new"), {"meta": {"new": "9"}}).status == 200
    assert stored(cloud, server) == {"a": "1", "b": "9", "new": "9"}
    reply = cloud.delete(url(server, "b"))
    assert (reply.status, reply.body) == (204, b"")
    assert stored(cloud, server) == {"a": "1", "new": "9"}
    assert cloud.delete(url(server, "b")).status == 404


def test_answers_look_like_the_samples(cloud: ServersApi, server: str) -> None:
    everything = sample("server-metadata/server-metadata-all-req")
    for send in (cloud.put, cloud.post):
        reply = send(url(server), everything)
        assert not differences(reply.json, sample("server-metadata/server-metadata-all-resp"))
    reply = cloud.put(url(server, "foo"), sample("server-metadata/server-metadata-req"))
    assert not differences(reply.json, sample("server-metadata/server-metadata-resp"))


CHANGES: list[tuple[str, str, Any, str]] = [
    ("POST", "", {"metadata": {"b": "3"}}, "update metadata"),
    ("PUT", "", {"metadata": {"b": "3"}}, "update metadata"),
    ("PUT", "b", {"meta": {"b": "3"}}, "update metadata"),
    ("DELETE", "b", None, "delete metadata"),
]


@pytest.mark.parametrize(("method", "key", "body", "action"), CHANGES)
def test_states(
    cloud: ServersApi, server: str, method: str, key: str, body: Any, action: str
) -> None:
    for vm_state in ("error", "rescued", "shelved"):
        cloud.change(server, vm_state=vm_state)
        reply = cloud.request(method, url(server, key), body=body)
        assert reply.status == 409
        expected = f"Cannot '{action}' instance {server} while it is in vm_state {vm_state}"
        assert reply.fault == ("conflictingRequest", expected)
    assert stored(cloud, server) == BEFORE
    cloud.change(server, vm_state="stopped", task_state="powering-on")
    assert cloud.request(method, url(server, key), body=body).status in (200, 204)


@pytest.mark.parametrize(("method", "key", "body", "action"), CHANGES)
def test_locked_and_promised(
    cloud: ServersApi, server: str, method: str, key: str, body: Any, action: str
) -> None:
    promised = cloud.created(metadata=BEFORE)
    reply = cloud.request(method, url(promised, key), body=body)
    assert reply.status == 409
    assert reply.fault[1].endswith("while it is in vm_state building")
    cloud.change(server, locked=True)
    reply = cloud.request(method, url(server, key), body=body)
    assert (reply.status, reply.fault[1]) == (409, f"Instance {server} is locked")
    assert stored(cloud, server) == BEFORE
    reply = cloud.request(method, url(server, key), body=body, token="project_admin")
    assert reply.status in (200, 204)


def test_who_may(cloud: ServersApi, server: str) -> None:
    for method, key, body, _ in CHANGES:
        for token, status in (("reader", 403), ("nobody", 403), ("other", 404), (None, 401)):
            reply = cloud.request(method, url(server, key), body=body, token=token)
            assert reply.status == status
        assert cloud.request(method, url(UUID, key), body=body).status == 404
    assert stored(cloud, server) == BEFORE


BAD: list[tuple[str, str, Any]] = [
    ("PUT", "b", {"meta": {"c": "1"}}),
    ("PUT", "b", {"meta": {"b": "1", "c": "1"}}),
    ("PUT", "b", {"meta": {}}),
    ("PUT", "b", {"meta": {"b": None}}),
    ("PUT", "b", {"metadata": {"b": "1"}}),
    ("PUT", "", {"meta": {"b": "1"}}),
    ("PUT", "", {"b": "1"}),
    ("POST", "", {"metadata": {"": "1"}}),
    ("POST", "", {"metadata": {"b": 1}}),
    ("POST", "", {"metadata": {"b/c": "1"}}),
    ("POST", "", {"metadata": {"k" * 256: "1"}}),
    ("POST", "", {"metadata": {"k": "v" * 256}}),
    ("POST", "", {"metadata": {"k": "\ud800"}}),
    ("POST", "", {"metadata": {"b ": "1"}}),
    ("PUT", "", {"metadata": {"c": "1", "c ": "1"}}),
    ("POST", "", {"metadata": []}),
    ("POST", "", {"metadata": {"a": "1"}, "more": 1}),
    ("POST", "", None),
]


def test_bad_bodies(cloud: ServersApi, server: str) -> None:
    for method, key, body in BAD:
        reply = cloud.request(method, url(server, key), body=body)
        assert reply.status == 400, body
    assert stored(cloud, server) == BEFORE


def test_quota(cloud: ServersApi, server: str) -> None:
    many = {f"key{number}": "v" for number in range(129)}
    for send in (cloud.put, cloud.post):
        reply = send(url(server), {"metadata": many})
        assert reply.status == 403
        assert reply.fault == ("forbidden", "Maximum number of metadata items exceeds 128")
    del many["key0"]
    assert cloud.post(url(server), {"metadata": many}).status == 403  # with the two there are
    assert cloud.put(url(server), {"metadata": many}).status == 200
    assert cloud.put(url(server, "one"), {"meta": {"one": "more"}}).status == 403
    assert cloud.put(url(server, "key1"), {"meta": {"key1": "other"}}).status == 200


def test_nothing_half_written(cloud: ServersApi, server: str, monkeypatch: Any) -> None:
    def die(*args: Any) -> None:
        raise Killed

    monkeypatch.setattr(server_metadata.pairs, "insert", die)
    found = server_metadata.lookup.find(cloud.databases, admin_context(), server)
    with pytest.raises(Killed):
        server_metadata.replace(cloud.deployment, admin_context(), found, {"c": "3"})
    assert stored(cloud, server) == BEFORE


def test_the_state_changes_meanwhile(cloud: ServersApi, server: str, monkeypatch: Any) -> None:
    real = held.states.check
    seen: list[Any] = []

    def check(action: str, instance: Any, **kwargs: Any) -> Any:
        rule = real(action, instance, **kwargs)
        if not seen:
            seen.append(instance)
            cloud.change(server, vm_state="error")
        return rule

    monkeypatch.setattr(held.states, "check", check)
    reply = cloud.post(url(server), {"metadata": {"c": "3"}})
    assert reply.status == 409
    assert "while it is in vm_state error" in reply.fault[1]
    assert stored(cloud, server) == BEFORE


def test_at_once(cloud: ServersApi, server: str) -> None:
    """What several users add at the same time is all there in the end."""
    replies = []

    def add(number: int) -> None:
        body = {"metadata": {f"key{number}": "v"}}
        replies.append(cloud.post(url(server), body).status)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 8
    assert stored(cloud, server) == {**BEFORE, **{f"key{number}": "v" for number in range(8)}}
