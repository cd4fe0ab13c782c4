"""Locks of servers, and what they forbid; the action os-resetState."""

from typing import Any

import pytest

from novalite import states
from novalite.db.cell_database import instance_actions
from tests.support.api import PROJECT, Reply
from tests.support.samples import sample
from tests.support.servers_api import ServersApi

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"


@pytest.fixture
def server(cloud: ServersApi) -> str:
    return cloud.running()


def act(cloud: ServersApi, server: str, body: Any, token: str = "member", **more: Any) -> Reply:
    return cloud.post(f"/servers/{server}/action", body, token=token, **more)


def lock(cloud: ServersApi, server: str, token: str = "member", reason: str | None = None) -> None:
    body = {"lock": {"locked_reason": reason} if reason else None}
    reply = act(cloud, server, body, token, version="2.73")
    assert (reply.status, reply.body) == (202, b"")


def unlock(cloud: ServersApi, server: str, token: str = "member") -> int:
    return act(cloud, server, {"unlock": None}, token).status


def shown(cloud: ServersApi, server: str) -> tuple[bool, str | None]:
    view = cloud.get(f"/servers/{server}", version="2.73").json["server"]
    return view["locked"], view["locked_reason"]


def actions(cloud: ServersApi, server: str) -> list[tuple[str, bool]]:
    """(action, whether it is over), newest first."""
    with cloud.cell_db.read() as conn:
        found = instance_actions.list_(conn, server)
    return [(action.action, action.finish_time is not None) for action in found]


# ---- locking and unlocking ----------------------------------------------------------


def test_lock_and_unlock(cloud: ServersApi, server: str) -> None:
    lock(cloud, server)
    assert shown(cloud, server) == (True, None)
    assert cloud.row(server).locked_by == "owner"
    assert unlock(cloud, server) == 202
    assert shown(cloud, server) == (False, None)
    assert cloud.row(server).locked_by is None
    assert actions(cloud, server) == [("unlock", True), ("lock", True)]


def test_what_was_done_is_told(cloud: ServersApi, server: str) -> None:
    reply = act(cloud, server, {"lock": None})
    path = f"/servers/{server}/os-instance-actions/{reply.headers['x-compute-request-id']}"
    action = cloud.get(path, version="2.62", token="project_admin").json["instanceAction"]
    assert action["action"] == "lock"
    (event,) = action["events"]
    assert (event["event"], event["result"]) == ("api_lock", "Success")
    assert event["host"] == cloud.deployment.host


def test_reason(cloud: ServersApi, server: str) -> None:
    lock(cloud, server, reason="mine")
    assert shown(cloud, server) == (True, "mine")
    lock(cloud, server, reason="another")
    assert shown(cloud, server) == (True, "mine"), "it was locked already"
    lock(cloud, server, token="admin", reason="audit")
    assert shown(cloud, server) == (True, "audit")
    lock(cloud, server, token="admin")
    assert shown(cloud, server) == (True, "audit")
    assert unlock(cloud, server, "admin") == 202
    assert shown(cloud, server) == (False, None)
    lock(cloud, server)
    assert shown(cloud, server) == (True, None)
    assert actions(cloud, server)[-1] == ("lock", True) and len(actions(cloud, server)) == 5


def test_the_samples_are_accepted(cloud: ServersApi, server: str) -> None:
    for version, folder in (("2.1", ""), ("2.73", "v2.73/")):
        for name in ("lock-server", "unlock-server"):
            body = sample(f"os-lock-server/{folder}{name}")
            assert act(cloud, server, body, version=version).status == 202
    body = sample("os-lock-server/v2.73/lock-server-with-reason")
    assert act(cloud, server, body, version="2.73").status == 202
    assert shown(cloud, server) == (True, "I don't want to work")


def test_an_admins_lock(cloud: ServersApi, server: str) -> None:
    """Who is of the server's project locks as its owner, admin or not."""
    lock(cloud, server, token="admin")
    assert cloud.row(server).locked_by == "admin"
    reply = act(cloud, server, {"unlock": None})
    assert reply.status == 403
    assert "os_compute_api:os-lock-server:unlock:unlock_override" in reply.fault[1]
    assert shown(cloud, server)[0]
    assert unlock(cloud, server, "project_admin") == 202
    lock(cloud, server, token="project_admin")
    assert cloud.row(server).locked_by == "owner"
    assert unlock(cloud, server) == 202


def test_an_owners_lock_opened_by_an_admin(cloud: ServersApi, server: str) -> None:
    lock(cloud, server)
    assert unlock(cloud, server, "admin") == 202
    lock(cloud, server)
    lock(cloud, server, token="admin")
    assert cloud.row(server).locked_by == "admin"
    assert unlock(cloud, server) == 403


def test_unlock_what_is_open(cloud: ServersApi, server: str) -> None:
    assert unlock(cloud, server) == 202
    assert shown(cloud, server) == (False, None)


def test_in_every_state(cloud: ServersApi, server: str) -> None:
    for vm_state in states.STATUS:
        cloud.change(server, vm_state=vm_state, task_state="rebooting", launched_at=None)
        lock(cloud, server)
        assert unlock(cloud, server) == 202
        assert cloud.row(server).task_state == "rebooting"


BAD: list[Any] = [
    {"lock": {}, "unlock": None},
    {"lock": {"locked_reason": ""}},
    {"lock": {"locked_reason": "x" * 256}},
    {"lock": {"locked_reason": None}},
    {"lock": {"reason": "x"}},
    {"lock": "x"},
    {"lock": []},
    {"os-resetState": None},
    {"os-resetState": {"state": "paused"}},
    {"os-resetState": {"state": "active", "more": 1}},
    {"os-resetState": {"state": ["active"]}},
]


def test_bad_bodies(cloud: ServersApi, server: str) -> None:
    for body in BAD:
        assert act(cloud, server, body, "project_admin", version="2.73").status == 400, body
    assert actions(cloud, server) == []


def test_anything_locks_before_reasons(cloud: ServersApi, server: str) -> None:
    for body in ({"lock": "x"}, {"unlock": [1]}, {"lock": {"locked_reason": "no"}}):
        assert act(cloud, server, body, version="2.72").status == 202
    assert shown(cloud, server) == (True, None)


def test_who_may_lock(cloud: ServersApi, server: str) -> None:
    for body in ({"lock": None}, {"unlock": None}):
        for token, status in (("member2", 202), ("reader", 403), ("nobody", 403), ("other", 404)):
            assert act(cloud, server, body, token).status == status
        assert act(cloud, UUID, body).status == 404


def test_in_no_cell_yet(cloud: ServersApi) -> None:
    uuid = cloud.created()
    for body in ({"lock": None}, {"unlock": None}, {"os-resetState": {"state": "error"}}):
        reply = act(cloud, uuid, body, "project_admin")
        assert (reply.status, reply.fault[1]) == (409, f"Instance {uuid} is not ready")


# ---- what a lock forbids --------------------------------------------------------------


def _requests(cloud: ServersApi, server: str) -> list[tuple[str, str, Any, str]]:
    """(method, path, body, vm_state) of all that changes a server and heeds its lock."""
    volume, other = cloud.volumes.add(PROJECT), cloud.volumes.add(PROJECT)
    volumes = f"/servers/{server}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": volume}}
    assert cloud.post(volumes, body).status == 200
    cloud.volumes.volumes[volume]["status"] = "in-use"
    action = f"/servers/{server}/action"
    return [
        ("POST", action, {"os-start": None}, "stopped"),
        ("POST", action, {"os-stop": None}, "active"),
        ("POST", action, {"reboot": {"type": "SOFT"}}, "active"),
        ("POST", action, {"reboot": {"type": "HARD"}}, "active"),
        ("POST", volumes, {"volumeAttachment": {"volumeId": other}}, "active"),
        ("DELETE", f"{volumes}/{volume}", None, "active"),
        ("POST", f"/servers/{server}/metadata", {"metadata": {"a": "b"}}, "active"),
        ("DELETE", f"/servers/{server}", None, "active"),
    ]


def test_what_a_lock_forbids(cloud: ServersApi, server: str) -> None:
    requests = _requests(cloud, server)
    lock(cloud, server)
    before = len(cloud.compute.casts)
    for method, path, body, vm_state in requests:
        cloud.change(server, vm_state=vm_state)
        reply = cloud.request(method, path, body=body)
        assert (reply.status, reply.fault[1]) == (409, f"Instance {server} is locked"), path
    assert len(cloud.compute.casts) == before
    assert [a for a, _ in actions(cloud, server)] == ["lock", "attach_volume"]


def test_an_admin_passes(cloud: ServersApi, server: str) -> None:
    lock(cloud, server)
    assert act(cloud, server, {"os-stop": None}, "admin").status == 202
    assert cloud.delete(f"/servers/{server}", token="admin").status == 204


def test_what_a_lock_permits(cloud: ServersApi, server: str) -> None:
    lock(cloud, server)
    assert cloud.put(f"/servers/{server}", {"server": {"name": "new"}}).status == 200
    assert act(cloud, server, {"os-getConsoleOutput": {}}).status == 200
    assert cloud.put(f"/servers/{server}/tags/x", version="2.26").status == 201
    reset = {"os-resetState": {"state": "error"}}
    assert act(cloud, server, reset, "project_admin").status == 202


# ---- os-resetState --------------------------------------------------------------------


@pytest.mark.parametrize("state", ["active", "error"])
def test_reset_state(cloud: ServersApi, server: str, state: str) -> None:
    cloud.change(server, vm_state=states.PAUSED, task_state="unpausing")
    reply = act(cloud, server, {"os-resetState": {"state": state}}, "admin")
    assert (reply.status, reply.body) == (202, b"")
    row = cloud.row(server)
    assert (row.vm_state, row.task_state, row.power_state) == (state, None, states.RUNNING)
    assert actions(cloud, server) == [("resetState", True)]
    assert cloud.compute.casts == []
    assert cloud.get(f"/servers/{server}").json["server"]["status"] == state.upper()


def test_reset_of_what_found_no_host(cloud: ServersApi) -> None:
    uuid = cloud.created()
    cloud.place(uuid, cell0=True)
    body = sample("os-admin-actions/admin-actions-reset-server-state")
    assert act(cloud, uuid, body, "admin").status == 202
    assert cloud.get(f"/servers/{uuid}").json["server"]["status"] == "ACTIVE"


def test_who_may_reset(cloud: ServersApi, server: str) -> None:
    body = {"os-resetState": {"state": "error"}}
    for token, status in (("member", 403), ("manager", 403), ("reader", 403), ("other", 404)):
        assert act(cloud, server, body, token).status == status
    assert act(cloud, UUID, body, "admin").status == 404
    assert cloud.row(server).vm_state == states.ACTIVE
