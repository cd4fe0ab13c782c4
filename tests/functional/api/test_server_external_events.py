"""What other services tell of servers, and the snapshots in which hosts take part."""

import json
from typing import Any

import pytest

from novalite.db.cell_database import block_devices, instance_actions
from novalite.objects import BlockDevice
from novalite.objects.block_device import DETACHING, EXTENDING
from tests.support.api import PROJECT, Reply
from tests.support.samples import differences, sample
from tests.support.servers_api import HOST, ServersApi

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"


def send(cloud: ServersApi, *events: dict[str, Any], version: str = "2.1", **kwargs: Any) -> Reply:
    kwargs.setdefault("token", "service")
    return cloud.post(
        "/os-server-external-events", {"events": list(events)}, version=version, **kwargs
    )


def event(server: str, name: str = "network-changed", **members: Any) -> dict[str, Any]:
    return {"name": name, "server_uuid": server, **members}


def with_volume(cloud: ServersApi, server: str, **members: Any) -> BlockDevice:
    device = BlockDevice("volume", "volume", volume_id=cloud.volumes.add(PROJECT), **members)
    with cloud.cell_db.write() as conn:
        block_devices.create(conn, server, [device])
    return device


def task(cloud: ServersApi, server: str) -> str | None:
    with cloud.cell_db.read() as conn:
        return block_devices.list_(conn, server)[-1].task_state


def test_an_answer_looks_like_the_sample(cloud: ServersApi) -> None:
    (wanted,) = sample("os-server-external-events/event-create-req")["events"]
    wanted |= {"name": "network-changed", "server_uuid": cloud.running()}
    reply = send(cloud, wanted)
    assert reply.status == 200
    assert not differences(reply.json, sample("os-server-external-events/event-create-resp"))


def test_the_host_is_told_once(cloud: ServersApi) -> None:
    first, second = cloud.running(), cloud.running()
    cloud.add_host("host2")
    third = cloud.created()
    cloud.place(third, host="host2")
    events = [event(uuid, tag="port") for uuid in (first, second, first, third)]
    reply = send(cloud, *events)
    assert reply.status == 200
    assert [e["status"] for e in reply.json["events"]] == ["completed"] * 4
    casts = {host: (servers, its) for _, host, servers, its in cloud.compute.casts}
    assert casts[HOST] == ([first, second], events[:3])
    assert casts["host2"] == ([third], events[3:])


def test_each_event_is_judged_by_itself(cloud: ServersApi) -> None:
    good, promised, buried = cloud.running(), cloud.created(), cloud.created()
    cloud.place(buried, cell0=True)
    reply = send(
        cloud,
        event(UUID, status="completed"),
        event(good, status="in-progress", tag="t"),
        event(promised),
        event(buried),
        event(good, "volume-extended"),
        version="2.51",
    )
    assert reply.status == 207
    found = [(e["code"], e["status"]) for e in reply.json["events"]]
    assert found == [
        (404, "failed"),
        (200, "in-progress"),
        (404, "failed"),
        (422, "failed"),
        (400, "failed"),
    ]
    ((_, _, _, told),) = cloud.compute.casts
    assert told == [event(good, status="in-progress", tag="t")]


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("volume-extended", 51),
        ("power-update", 76),
        ("accelerator-request-bound", 82),
        ("volume-reimaged", 93),
    ],
)
def test_names_come_with_versions(cloud: ServersApi, name: str, since: int) -> None:
    server = cloud.running()
    assert send(cloud, event(server, name, tag="t"), version=f"2.{since - 1}").status == 400
    assert send(cloud, event(server, name, tag="t"), version=f"2.{since}").status == 200


def test_who_may(cloud: ServersApi) -> None:
    server = cloud.running()
    for token, status in (("service", 200), ("admin", 200), ("member", 403), ("manager", 403)):
        assert send(cloud, event(server), token=token).status == status
    assert send(cloud).status == 400


def test_a_lost_message_is_no_error(cloud: ServersApi) -> None:
    cloud.compute.down = True
    assert send(cloud, event(cloud.running())).status == 200


# ---- a volume has grown ------------------------------------------------------------


def test_a_volume_has_grown(cloud: ServersApi) -> None:
    """The row says so before the host hears of it: a message may be lost."""
    server = cloud.running()
    device = with_volume(cloud, server)
    cloud.compute.down = True
    extended = event(server, "volume-extended", tag=device.volume_id)
    assert send(cloud, extended, version="2.51").status == 200
    assert task(cloud, server) == EXTENDING
    with cloud.cell_db.read() as conn:
        assert instance_actions.list_(conn, server)[0].action == "extend_volume"


def test_a_volume_that_is_leaving_grows_no_more(cloud: ServersApi) -> None:
    server = cloud.running()
    device = with_volume(cloud, server, task_state=DETACHING)
    extended = event(server, "volume-extended", tag=device.volume_id)
    assert send(cloud, extended, event(server, "volume-extended", tag=UUID), version="2.51").status
    assert task(cloud, server) == DETACHING


def test_statements(cloud: ServersApi) -> None:
    servers = [cloud.running() for _ in range(6)]
    counts = []
    for some in (servers[:1], servers):
        with cloud.api_db.counting() as api, cloud.cell_db.counting() as cell:
            assert send(cloud, *map(event, some)).status == 200
        counts.append(len(api.statements) + len(cell.statements))
    assert counts[0] == counts[1] <= 3


# ---- snapshots with the hypervisor's help ----------------------------------------------


def create(cloud: ServersApi, volume: str | None, token: str = "service") -> Reply:
    body = sample("os-assisted-volume-snapshots/snapshot-create-assisted-req")
    body["snapshot"]["volume_id"] = volume
    return cloud.post("/os-assisted-volume-snapshots", body, token=token)


def delete(cloud: ServersApi, info: str, version: str = "2.1") -> Reply:
    path = f"/os-assisted-volume-snapshots/{UUID}?{info}"
    return cloud.request("DELETE", path, token="service", version=version)


def info_of(volume: str | None, **members: Any) -> str:
    text = json.dumps({"volume_id": volume, **members}).replace(" ", "").replace('"', "%22")
    return f"delete_info={text}"


def test_create_and_delete(cloud: ServersApi) -> None:
    server = cloud.running()
    volume = with_volume(cloud, server).volume_id
    reply = create(cloud, volume)
    assert reply.status == 200
    expected = sample("os-assisted-volume-snapshots/snapshot-create-assisted-resp")
    assert not differences(reply.json, expected)
    call, uuid, its, info = cloud.compute.casts[-1]
    assert (call, uuid, its, info["type"]) == ("volume_snapshot_create", server, volume, "qcow2")
    reply = delete(cloud, info_of(volume, file_to_merge="a"))
    assert (reply.status, reply.body) == (204, b"")
    told = {"volume_id": volume, "file_to_merge": "a"}
    assert cloud.compute.casts[-1] == ("volume_snapshot_delete", server, volume, UUID, told)


def test_what_snapshots_need(cloud: ServersApi) -> None:
    assert create(cloud, UUID).status == 400
    assert delete(cloud, info_of(UUID)).status == 404
    assert delete(cloud, "delete_info=no").status == 400
    assert delete(cloud, "delete_info=%7B%7D").status == 400
    assert delete(cloud, "delete_info=[]").status == 400
    assert delete(cloud, "").status == 400
    assert delete(cloud, info_of(UUID) + "&x=1", version="2.75").status == 400
    server = cloud.running()
    volume = with_volume(cloud, server).volume_id
    assert create(cloud, volume, token="member").status == 403
    cloud.change(server, task_state="rebooting")
    assert create(cloud, volume).status == 400
    cloud.change(server, task_state=None)
    second = cloud.running()
    device = BlockDevice("volume", "volume", volume_id=volume)
    with cloud.cell_db.write() as conn:
        block_devices.create(conn, second, [device])
    assert create(cloud, volume).status == 400
    assert cloud.compute.casts == []
