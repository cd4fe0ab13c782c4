"""DELETE /servers/{id}: three ways, each of which may be repeated."""

from typing import Any

import pytest

from novalite import states
from novalite.api.compute import delete, lookup
from novalite.db.api_database import (
    build_requests,
    instance_groups,
    instance_mappings,
    quotas,
)
from novalite.db.cell_database import allocations, compute_nodes, instance_actions
from novalite.objects import InstanceGroup
from tests.support.api import PROJECT, Reply
from tests.support.servers_api import HOST, ServersApi

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"


def remove(cloud: ServersApi, uuid: str, token: str = "member") -> Reply:
    return cloud.delete(f"/servers/{uuid}", token=token)


def used(cloud: ServersApi) -> int:
    with cloud.api_db.read() as conn:
        return quotas.usage(conn, PROJECT)["instances"]


def test_a_build_request_is_withdrawn(cloud: ServersApi) -> None:
    uuid = cloud.created()
    reply = remove(cloud, uuid)
    assert (reply.status, reply.body) == (204, b"")
    with cloud.api_db.read() as conn:
        assert build_requests.list_(conn) == []
        assert instance_mappings.get(conn, uuid).queued_for_delete
    assert used(cloud) == 0
    assert cloud.get(f"/servers/{uuid}").status == 404
    assert remove(cloud, uuid).status == 404
    assert cloud.compute.casts == []


def test_the_host_is_told(cloud: ServersApi) -> None:
    uuid = cloud.running()
    assert remove(cloud, uuid).status == 204
    assert cloud.row(uuid).task_state == states.DELETING
    assert cloud.compute.casts == [("terminate_instance", uuid)]
    assert used(cloud) == 0
    with cloud.cell_db.read() as conn:
        (action,) = instance_actions.list_(conn, uuid)
    assert action.action == "delete"
    assert cloud.get(f"/servers/{uuid}").json["server"]["OS-EXT-STS:task_state"] == "deleting"


def test_a_repeat_is_ignored(cloud: ServersApi) -> None:
    uuid = cloud.running()
    assert remove(cloud, uuid).status == 204
    assert remove(cloud, uuid).status == 204
    assert len(cloud.compute.casts) == 1


def test_a_lost_cast_is_still_accepted(cloud: ServersApi) -> None:
    uuid = cloud.running()
    cloud.compute.down = True
    assert remove(cloud, uuid).status == 204
    assert cloud.row(uuid).task_state == states.DELETING


@pytest.mark.parametrize("vm_state", ["active", "stopped", "error", "building", "paused"])
def test_in_any_state(cloud: ServersApi, vm_state: str) -> None:
    uuid = cloud.created()
    cloud.place(uuid, vm_state=vm_state, task_state="spawning")
    assert remove(cloud, uuid).status == 204


def test_in_cell0(cloud: ServersApi) -> None:
    uuid = cloud.created()
    cloud.place(uuid, cell0=True)
    assert remove(cloud, uuid).status == 204
    assert cloud.get(f"/servers/{uuid}").status == 404
    assert used(cloud) == 0
    assert cloud.compute.casts == []
    assert remove(cloud, uuid).status == 404


def test_in_cell0_without_network_service(cloud: ServersApi) -> None:
    uuid = cloud.created()
    cloud.place(uuid, cell0=True)
    cloud.networks.down = True
    assert remove(cloud, uuid).status == 204


def _claimed(cloud: ServersApi) -> str:
    """A server that runs on a host, with a claim, a port of ours and one of the user's."""
    theirs = cloud.networks.add_port(PROJECT, cloud.network_id)
    uuid = cloud.created(networks=[{"port": theirs}])
    cloud.networks.ports[theirs]["device_id"] = uuid
    cloud.networks.add_port(PROJECT, cloud.network_id, device_id=uuid)
    cloud.place(uuid)
    with cloud.cell_db.write() as conn:
        (node,) = compute_nodes.on_host(conn, HOST)
        node.vcpus, node.memory_mb, node.local_gb = 8, 8192, 100
        compute_nodes.report(conn, node)
        assert allocations.claim(conn, uuid, node.id, 1, 512, 3)
    return uuid


def test_the_host_is_down(cloud: ServersApi) -> None:
    uuid = _claimed(cloud)
    cloud.forget_host()
    assert remove(cloud, uuid).status == 204
    row = cloud.row(uuid)
    assert row.deleted
    assert (row.vm_state, row.task_state) == ("deleted", None)
    with cloud.cell_db.read() as conn:
        assert allocations.for_instance(conn, uuid) == []
        (node,) = compute_nodes.on_host(conn, HOST)
        (action,) = instance_actions.list_(conn, uuid)
    assert (node.vcpus_used, node.memory_mb_used) == (0, 0)
    assert action.finish_time is not None
    (port,) = cloud.networks.ports.values()
    assert port["device_id"] == ""
    assert cloud.compute.casts == []
    assert used(cloud) == 0


def test_a_host_that_died_while_deleting(cloud: ServersApi) -> None:
    """The first DELETE only told the host; the second one sees that it is down and does it."""
    uuid = _claimed(cloud)
    assert remove(cloud, uuid).status == 204
    assert not cloud.row(uuid).deleted
    cloud.forget_host()
    assert remove(cloud, uuid).status == 204
    assert cloud.row(uuid).deleted


def test_ports_that_cannot_be_given_back(cloud: ServersApi) -> None:
    """The answer is an error, and the DELETE that is sent again completes the work."""
    uuid = _claimed(cloud)
    cloud.forget_host()
    cloud.networks.down = True
    assert remove(cloud, uuid).status == 503
    assert not cloud.row(uuid).deleted
    cloud.networks.down = False
    assert remove(cloud, uuid).status == 204
    assert cloud.row(uuid).deleted


def test_a_host_without_service(cloud: ServersApi) -> None:
    uuid = cloud.created()
    cloud.place(uuid, host="gone")
    assert remove(cloud, uuid).status == 204
    assert cloud.row(uuid).deleted


def test_locked(cloud: ServersApi) -> None:
    uuid = cloud.running()
    cloud.change(uuid, locked=True, locked_by="owner")
    reply = remove(cloud, uuid)
    assert reply.status == 409
    assert reply.fault == ("conflictingRequest", f"Instance {uuid} is locked")
    assert remove(cloud, uuid, "project_admin").status == 204


def test_who_may(cloud: ServersApi) -> None:
    uuid = cloud.running()
    assert remove(cloud, uuid, "other").status == 404
    reply = remove(cloud, uuid, "reader")
    assert reply.status == 403
    assert reply.fault[1] == "Policy doesn't allow os_compute_api:servers:delete to be performed."
    assert remove(cloud, uuid, "admin").status == 204


def test_membership_ends(cloud: ServersApi) -> None:
    with cloud.api_db.write() as conn:
        instance_groups.create(conn, InstanceGroup(UUID, PROJECT, "u", "g", "affinity"))
    body = {**cloud.body(), "os:scheduler_hints": {"group": UUID}}
    uuid = cloud.post("/servers", body).json["server"]["id"]
    assert remove(cloud, uuid).status == 204
    with cloud.api_db.read() as conn:
        assert instance_groups.get(conn, UUID).members == []


def test_a_conductor_was_faster(cloud: ServersApi, monkeypatch: Any) -> None:
    """The build request was there when it was looked for, and is in a cell when it is to be
    withdrawn."""
    uuid = cloud.created()
    real = delete.withdraw

    def late(deployment: Any, wanted: str) -> bool:
        cloud.place(uuid)
        return real(deployment, wanted)

    monkeypatch.setattr(delete, "withdraw", late)
    assert remove(cloud, uuid).status == 204
    assert cloud.compute.casts == [("terminate_instance", uuid)]
    assert used(cloud) == 0


def test_the_host_came_just_now(cloud: ServersApi, monkeypatch: Any) -> None:
    """A build set the host after the server was read: the host is told after all."""
    uuid = cloud.created()
    cloud.place(uuid, host=None, vm_state="building", task_state="scheduling")
    real = lookup.find

    def stale(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        cloud.change(uuid, host=HOST, node=HOST)
        return found

    monkeypatch.setattr(lookup, "find", stale)
    assert remove(cloud, uuid).status == 204
    assert cloud.compute.casts == [("terminate_instance", uuid)]
    assert not cloud.row(uuid).deleted
