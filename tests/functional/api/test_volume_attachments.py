"""os-volume_attachments: at each microversion, in each state, and killed at each step."""

from typing import Any

import pytest

from novalite import states
from novalite.db.cell_database import block_devices, instance_actions
from novalite.exception import InvalidVolume
from novalite.objects import BlockDevice
from novalite.objects.block_device import ATTACHING, DETACHING
from tests.support.api import OTHER_PROJECT, PROJECT, Reply
from tests.support.samples import differences, sample
from tests.support.servers_api import HOST, ServersApi
from tests.support.small_cloud import Killed

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"
VERSIONS = {"2.1": "", "2.49": "v2.49/", "2.70": "v2.70/", "2.79": "v2.79/", "2.89": "v2.89/"}


def url(server: str, volume: str = "") -> str:
    return f"/servers/{server}/os-volume_attachments" + (f"/{volume}" if volume else "")


def attach(cloud: ServersApi, server: str, volume: str, **members: Any) -> Reply:
    version, token = members.pop("version", "2.1"), members.pop("token", "member")
    body = {"volumeAttachment": {"volumeId": volume, **members}}
    return cloud.post(url(server), body, version=version, token=token)


def devices(cloud: ServersApi, server: str) -> list[BlockDevice]:
    with cloud.cell_db.read() as conn:
        return [d for d in block_devices.list_(conn, server) if d.volume_id]


def actions(cloud: ServersApi, server: str) -> list[tuple[str, bool]]:
    """(action, whether it is over), newest first."""
    with cloud.cell_db.read() as conn:
        found = instance_actions.list_(conn, server)
    return [(action.action, action.finish_time is not None) for action in found]


def host_attaches(cloud: ServersApi, server: str) -> None:
    """What the host does with all that the server's rows ask for."""
    for device in devices(cloud, server):
        if device.task_state == ATTACHING:
            cloud.volumes.attachments[device.attachment_id]["status"] = "attached"
            cloud.volumes.volumes[device.volume_id]["status"] = "in-use"
            with cloud.cell_db.write() as conn:
                block_devices.update(conn, server, device.uuid, {"task_state": None})


@pytest.fixture
def server(cloud: ServersApi) -> str:
    uuid = cloud.running()
    cloud.change(uuid, root_device_name="/dev/vda")
    return uuid


@pytest.fixture
def volume(cloud: ServersApi) -> str:
    return cloud.volumes.add(PROJECT)


@pytest.fixture
def attached(cloud: ServersApi, server: str, volume: str) -> tuple[str, str]:
    assert attach(cloud, server, volume).status == 200
    host_attaches(cloud, server)
    return server, volume


# ---- what is shown -------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_answers_look_like_the_samples(
    cloud: ServersApi, server: str, volume: str, version: str
) -> None:
    folder = f"os-volume_attachments/{VERSIONS[version]}"
    wanted = sample(f"{folder}attach-volume-to-server-req")["volumeAttachment"]
    wanted["volumeId"] = volume
    if "device" in wanted:
        wanted["device"] = "/dev/vdq"
    reply = cloud.post(url(server), {"volumeAttachment": wanted}, version=version)
    assert reply.status == 200, reply.body
    assert not differences(reply.json, sample(f"{folder}attach-volume-to-server-resp"))
    listed = cloud.get(url(server), version=version)
    assert not differences(listed.json, sample(f"{folder}list-volume-attachments-resp"))
    shown = cloud.get(url(server, volume), version=version)
    assert not differences(shown.json, sample(f"{folder}volume-attachment-detail-resp"))
    assert listed.json["volumeAttachments"] == [shown.json["volumeAttachment"]]


def test_the_answer_says_where_the_disk_is(cloud: ServersApi, server: str, volume: str) -> None:
    view = attach(cloud, server, volume).json["volumeAttachment"]
    assert view == {"id": volume, "volumeId": volume, "serverId": server, "device": "/dev/vdb"}
    other = cloud.volumes.add(PROJECT)
    assert attach(cloud, server, other).json["volumeAttachment"]["device"] == "/dev/vdc"
    third = cloud.volumes.add(PROJECT)
    reply = attach(cloud, server, third, device="/dev/vdx")
    assert reply.json["volumeAttachment"]["device"] == "/dev/vdx"


def test_from_2_101_the_answer_is_empty(cloud: ServersApi, server: str, volume: str) -> None:
    reply = attach(cloud, server, volume, version="2.101", tag="data")
    assert (reply.status, reply.body) == (202, b"")
    (view,) = cloud.get(url(server), version="2.101").json["volumeAttachments"]
    assert (view["tag"], view["delete_on_termination"]) == ("data", False)


def test_pages(cloud: ServersApi, server: str) -> None:
    made = [cloud.volumes.add(PROJECT) for _ in range(3)]
    for volume in made:
        assert attach(cloud, server, volume).status == 200
    ids = [v["id"] for v in cloud.get(url(server)).json["volumeAttachments"]]
    assert ids == made
    second = cloud.get(url(server) + "?limit=1&offset=1").json["volumeAttachments"]
    assert [v["id"] for v in second] == made[1:2]
    assert len(cloud.get(url(server) + "?limit=0").json["volumeAttachments"]) == 3
    assert cloud.get(url(server) + "?limit=x").status == 400
    assert cloud.get(url(server) + "?what=1", version="2.74").status == 200
    assert cloud.get(url(server) + "?what=1", version="2.75").status == 400


def test_the_server_shows_its_volumes(cloud: ServersApi, attached: tuple[str, str]) -> None:
    server, volume = attached
    view = cloud.get(f"/servers/{server}", version="2.3").json["server"]
    shown = view["os-extended-volumes:volumes_attached"]
    assert shown == [{"id": volume, "delete_on_termination": False}]


# ---- attach --------------------------------------------------------------------------


def test_attach(cloud: ServersApi, server: str, volume: str) -> None:
    reply = attach(cloud, server, volume, version="2.79", tag="a", delete_on_termination=True)
    assert reply.status == 200
    (device,) = devices(cloud, server)
    assert device.task_state == ATTACHING
    assert (device.source_type, device.destination_type) == ("volume", "volume")
    assert (device.tag, device.delete_on_termination) == ("a", True)
    (attachment,) = cloud.volumes.of(server)
    assert device.attachment_id == attachment["id"]
    assert cloud.volumes.volumes[volume]["status"] == "reserved"
    ((cast, uuid, sent),) = cloud.compute.casts
    assert (cast, uuid, sent.uuid) == ("attach_volume", server, device.uuid)
    assert (sent.task_state, sent.attachment_id) == (ATTACHING, attachment["id"])
    assert actions(cloud, server)[0] == ("attach_volume", False)


def test_a_lost_cast_is_still_accepted(cloud: ServersApi, server: str, volume: str) -> None:
    cloud.compute.down = True
    assert attach(cloud, server, volume).status == 200
    assert devices(cloud, server)[0].task_state == ATTACHING


@pytest.mark.parametrize("vm_state", ["active", "paused", "stopped", "resized", "soft-delete"])
def test_states_that_permit_it(cloud: ServersApi, server: str, volume: str, vm_state: str) -> None:
    cloud.change(server, vm_state=vm_state)
    assert attach(cloud, server, volume).status == 200


@pytest.mark.parametrize(
    "changes",
    [{"vm_state": "error"}, {"vm_state": "rescued"}, {"task_state": "powering-off"}],
    ids=str,
)
def test_states_that_do_not(
    cloud: ServersApi, server: str, volume: str, changes: dict[str, str]
) -> None:
    cloud.change(server, **changes)
    reply = attach(cloud, server, volume)
    ((attr, state),) = changes.items()
    text = f"Cannot 'attach_volume' instance {server} while it is in {attr} {state}"
    assert (reply.status, reply.fault) == (409, ("conflictingRequest", text))
    assert devices(cloud, server) == [] and cloud.volumes.attachments == {}


def test_a_promised_server(cloud: ServersApi, volume: str) -> None:
    uuid = cloud.created()
    assert attach(cloud, uuid, volume).status == 409
    assert cloud.get(url(uuid)).json == {"volumeAttachments": []}
    assert cloud.delete(url(uuid, volume)).status == 404
    body = {"volumeAttachment": {"volumeId": volume, "delete_on_termination": True}}
    assert cloud.put(url(uuid, volume), body, version="2.85").status == 404


def test_locked(cloud: ServersApi, server: str, volume: str) -> None:
    cloud.change(server, locked=True, locked_by="owner")
    assert attach(cloud, server, volume).status == 409
    assert attach(cloud, server, volume, token="project_admin").status == 200


def test_volumes_that_cannot_be_attached(cloud: ServersApi, server: str, volume: str) -> None:
    assert attach(cloud, server, UUID).status == 404
    foreign = cloud.volumes.add(OTHER_PROJECT)
    assert attach(cloud, server, foreign).status == 404
    broken = cloud.volumes.add(PROJECT, status="error")
    assert attach(cloud, server, broken).status == 400
    assert attach(cloud, server, volume).status == 200
    again = attach(cloud, server, volume)
    text = f"Invalid volume: volume {volume} already attached"
    assert (again.status, again.fault) == (400, ("badRequest", text))
    elsewhere = cloud.running()
    assert attach(cloud, elsewhere, volume).status == 400
    assert [d.volume_id for d in devices(cloud, server)] == [volume]
    assert devices(cloud, elsewhere) == []
    assert actions(cloud, elsewhere)[0] == ("attach_volume", True)


def test_names_of_disks(cloud: ServersApi, server: str, volume: str) -> None:
    assert attach(cloud, server, volume, device="vdb").status == 400
    assert attach(cloud, server, volume, device="/dev/vdb").status == 200
    other = cloud.volumes.add(PROJECT)
    reply = attach(cloud, server, other, device="/dev/vdb")
    assert (reply.status, reply.fault[1]) == (
        409,
        "The supplied device path (/dev/vdb) is in use.",
    )
    assert attach(cloud, server, other, device="/dev/sdb").json["volumeAttachment"]["device"]


def test_shared_volumes(cloud: ServersApi, server: str) -> None:
    shared = cloud.volumes.add(PROJECT, multiattach=True)
    assert attach(cloud, server, shared, version="2.59").status == 400
    assert attach(cloud, server, shared, version="2.60").status == 200
    host_attaches(cloud, server)
    second = cloud.running()
    assert attach(cloud, second, shared, version="2.60").status == 200
    assert len(cloud.volumes.attachments) == 2


def test_no_volume_service(cloud: ServersApi, server: str, volume: str) -> None:
    cloud.volumes.down = True
    assert attach(cloud, server, volume).status == 503
    cloud.deployment.volume = None
    assert attach(cloud, server, volume).status == 503
    assert devices(cloud, server) == []


@pytest.mark.parametrize("state", [states.SHELVED, states.SHELVED_OFFLOADED])
def test_shelved(cloud: ServersApi, server: str, volume: str, state: str) -> None:
    cloud.change(server, vm_state=state)
    assert attach(cloud, server, volume, version="2.19").status == 409
    assert attach(cloud, server, volume, version="2.20").status == 200
    assert cloud.delete(url(server, volume), version="2.19").status == 409


def test_without_a_host_the_rows_are_all(cloud: ServersApi, server: str, volume: str) -> None:
    cloud.change(server, vm_state=states.SHELVED_OFFLOADED, host=None)
    assert attach(cloud, server, volume, version="2.49", tag="t").status == 400
    assert attach(cloud, server, volume, version="2.20").status == 200
    assert cloud.volumes.volumes[volume]["status"] == "in-use"
    assert devices(cloud, server)[0].task_state is None
    assert cloud.delete(url(server, volume), version="2.20").status == 202
    assert devices(cloud, server) == []
    assert cloud.volumes.volumes[volume]["status"] == "available"
    assert cloud.compute.casts == []


def test_who_may(cloud: ServersApi, attached: tuple[str, str]) -> None:
    server, volume = attached
    assert cloud.get(url(server), token="other").status == 404
    assert cloud.get(url(server), token="reader").status == 200
    assert cloud.get(url(server, volume), token="reader").status == 200
    for reply in (
        attach(cloud, server, volume, token="reader"),
        cloud.delete(url(server, volume), token="reader"),
    ):
        assert reply.status == 403
    body = {"volumeAttachment": {"volumeId": volume}}
    assert cloud.put(url(server, volume), body, version="2.85", token="reader").status == 403
    assert cloud.put(url(server, volume), body, version="2.84", token="member").status == 403


# ---- detach --------------------------------------------------------------------------


def test_detach(cloud: ServersApi, attached: tuple[str, str]) -> None:
    server, volume = attached
    reply = cloud.delete(url(server, volume))
    assert (reply.status, reply.body) == (202, b"")
    (device,) = devices(cloud, server)
    assert device.task_state == DETACHING
    assert cloud.volumes.volumes[volume]["status"] == "detaching"
    cast = ("detach_volume", server, volume, device.attachment_id)
    assert cloud.compute.casts[-1] == cast
    assert actions(cloud, server)[0] == ("detach_volume", False)
    assert cloud.delete(url(server, volume)).status == 400


def test_what_cannot_be_detached(cloud: ServersApi, server: str, volume: str) -> None:
    assert cloud.delete(url(server, UUID)).status == 404
    assert cloud.delete(url(server, volume)).status == 404
    assert attach(cloud, server, volume).status == 200
    assert cloud.delete(url(server, volume)).status == 400
    assert devices(cloud, server)[0].task_state == ATTACHING
    host_attaches(cloud, server)
    cloud.change(server, task_state="rebooting")
    assert cloud.delete(url(server, volume)).status == 409
    cloud.change(server, task_state=None)
    cloud.forget_host()
    reply = cloud.delete(url(server, volume))
    assert (reply.status, reply.fault[1]) == (409, "Service is unavailable at this time.")


def test_the_root_disk_stays(cloud: ServersApi) -> None:
    root = cloud.volumes.add(PROJECT, bootable="true")
    mapping = [{"source_type": "volume", "uuid": root, "boot_index": 0}]
    server = cloud.running(imageRef="", block_device_mapping_v2=mapping)
    reply = cloud.delete(url(server, root))
    assert (reply.status, reply.fault[1]) == (400, "Cannot detach a root device volume")


def test_a_volume_that_is_not_in_use(cloud: ServersApi, attached: tuple[str, str]) -> None:
    server, volume = attached
    cloud.volumes.fail["begin_detaching"] = InvalidVolume(reason="it is odd")
    assert cloud.delete(url(server, volume)).status == 400
    assert devices(cloud, server)[0].task_state is None
    assert actions(cloud, server)[0] == ("detach_volume", True)
    del cloud.volumes.fail["begin_detaching"]
    assert cloud.delete(url(server, volume)).status == 202


# ---- change --------------------------------------------------------------------------


def test_the_flag_changes(cloud: ServersApi, attached: tuple[str, str]) -> None:
    server, volume = attached
    folder = "os-volume_attachments/v2.89/"
    given = sample(f"{folder}update-volume-attachment-delete-flag-req")["volumeAttachment"]
    given |= {"volumeId": volume, "id": volume, "serverId": server, "device": "/dev/vdb"}
    del given["tag"]
    reply = cloud.put(url(server, volume), {"volumeAttachment": given}, version="2.85")
    assert (reply.status, reply.body) == (202, b"")
    assert devices(cloud, server)[0].delete_on_termination


@pytest.mark.parametrize(
    "member", [{"id": UUID}, {"serverId": UUID}, {"device": "/dev/vdz"}, {"tag": "t"}], ids=str
)
def test_the_rest_does_not(
    cloud: ServersApi, attached: tuple[str, str], member: dict[str, str]
) -> None:
    server, volume = attached
    body = {"volumeAttachment": {"volumeId": volume, **member}}
    reply = cloud.put(url(server, volume), body, version="2.85")
    (name,) = member
    assert (reply.status, reply.fault[1]) == (400, f"The {name} property is not mutable")


def test_an_exchange_is_the_volume_services(cloud: ServersApi, attached: tuple[str, str]) -> None:
    server, volume = attached
    other = cloud.volumes.add(PROJECT)

    def swap(old: str, new: str, **kwargs: Any) -> Reply:
        body = {"volumeAttachment": {"volumeId": new}}
        return cloud.put(url(server, old), body, token="admin", **kwargs)

    assert swap(UUID, other).status == 404
    reply = swap(volume, other)
    assert reply.status == 409
    assert reply.fault[1].startswith(f"volume {volume} is not migrating")
    assert swap(volume, other, version="2.85").status == 409
    cloud.volumes.volumes[volume]["migration_status"] = "migrating"
    assert swap(volume, UUID).status == 400
    assert swap(volume, other).status == 409
    assert [d.volume_id for d in devices(cloud, server)] == [volume]


# ---- killed --------------------------------------------------------------------------


def killed(cloud: ServersApi, call: str, *, after: bool) -> None:
    """The process dies when it calls the volume service so, before or after that has done it."""
    real = getattr(cloud.volumes, call)

    def die(*args: Any, **kwargs: Any) -> None:
        if after:
            real(*args, **kwargs)
        raise Killed

    setattr(cloud.volumes, call, die)


@pytest.mark.parametrize("after", [False, True])
def test_killed_while_it_reserves(cloud: ServersApi, server: str, volume: str, after: bool) -> None:
    """The row is there and says nothing to the host; tidying it is the conductor's (see there)."""
    killed(cloud, "create_attachment", after=after)
    with pytest.raises(Killed):
        attach(cloud, server, volume)
    (device,) = devices(cloud, server)
    assert (device.attachment_id, device.task_state) == (None, None)
    assert len(cloud.volumes.attachments) == after
    assert cloud.compute.casts == []
    assert cloud.get(url(server)).json == {"volumeAttachments": []}


def test_the_row_is_gone_when_it_is_reserved(cloud: ServersApi, server: str, volume: str) -> None:
    """A conductor thought that this API was dead."""
    real = cloud.volumes.create_attachment

    def slow(*args: Any, **kwargs: Any) -> Any:
        (device,) = devices(cloud, server)
        with cloud.cell_db.write() as conn:
            now = cloud.deployment.clock.now()
            assert block_devices.drop_unreserved(conn, device.uuid, now)
        return real(*args, **kwargs)

    cloud.volumes.create_attachment = slow
    assert attach(cloud, server, volume).status == 409
    assert cloud.volumes.attachments == {}
    assert cloud.compute.casts == []


@pytest.mark.parametrize("after", [False, True])
def test_killed_while_it_detaches(
    cloud: ServersApi, attached: tuple[str, str], after: bool
) -> None:
    """The row tells the host what to do, whether the volume service heard of it or not."""
    server, volume = attached
    killed(cloud, "begin_detaching", after=after)
    with pytest.raises(Killed):
        cloud.delete(url(server, volume))
    assert devices(cloud, server)[0].task_state == DETACHING


def test_the_host_was_faster(cloud: ServersApi, attached: tuple[str, str]) -> None:
    server, volume = attached

    def late(context: Any, volume_id: str) -> None:
        (device,) = devices(cloud, server)
        cloud.volumes.delete_attachment(context, device.attachment_id)
        with cloud.cell_db.write() as conn:
            block_devices.destroy(conn, server, device.uuid, cloud.deployment.clock.now())
        raise InvalidVolume(reason="it is available")

    cloud.volumes.begin_detaching = late
    assert cloud.delete(url(server, volume)).status == 202
    assert devices(cloud, server) == []


# ---- what goes with a server ---------------------------------------------------------


def test_a_server_whose_host_is_down_is_deleted(
    cloud: ServersApi, attached: tuple[str, str]
) -> None:
    server, volume = attached
    going = cloud.volumes.add(PROJECT)
    assert attach(cloud, server, going, version="2.79", delete_on_termination=True).status == 200
    cloud.forget_host(HOST)
    cloud.volumes.down = True
    assert cloud.delete(f"/servers/{server}").status == 503
    assert not cloud.row(server).deleted
    cloud.volumes.down = False
    assert cloud.delete(f"/servers/{server}").status == 204
    assert cloud.row(server).deleted
    assert cloud.volumes.attachments == {}
    assert cloud.volumes.volumes[volume]["status"] == "available"
    assert going not in cloud.volumes.volumes
