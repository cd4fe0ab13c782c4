"""Volumes in POST /servers: what is checked, what is promised and reserved, what is given back."""

from typing import Any

import pytest

from novalite.db.api_database import build_requests, request_specs
from novalite.exception import InvalidVolume
from novalite.objects import BlockDevice, RequestSpec
from tests.support.api import OTHER_PROJECT, PROJECT, Reply
from tests.support.servers_api import ServersApi
from tests.support.small_cloud import Killed

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"
IMAGE_METADATA = {
    "image_id": UUID,
    "image_name": "i",
    "min_ram": "64",
    "min_disk": "1",
    "size": "1024",
    "disk_format": "qcow2",
    "container_format": "bare",
    "checksum": "0",
    "hw_disk_bus": "scsi",
}


def boot(cloud: ServersApi, *mappings: dict[str, Any], **members: Any) -> Reply:
    members.setdefault("imageRef", "")
    return cloud.create(block_device_mapping_v2=list(mappings), **members)


def from_volume(volume: str, **members: Any) -> dict[str, Any]:
    return {"source_type": "volume", "uuid": volume, "boot_index": 0, **members}


def image_to_volume(cloud: ServersApi, **members: Any) -> dict[str, Any]:
    mapping = {"source_type": "image", "destination_type": "volume", "uuid": cloud.image_id}
    return {**mapping, "boot_index": 0, "volume_size": 2, **members}


def data(volume: str) -> dict[str, Any]:
    return {"source_type": "volume", "uuid": volume, "boot_index": -1}


def with_image(cloud: ServersApi, *mappings: dict[str, Any], **members: Any) -> Reply:
    root = {
        "source_type": "image",
        "destination_type": "local",
        "uuid": cloud.image_id,
        "boot_index": 0,
    }
    return boot(cloud, root, *mappings, imageRef=cloud.image_id, **members)


def devices(cloud: ServersApi, uuid: str) -> list[BlockDevice]:
    found = cloud.build_request(uuid).block_devices or []
    return [device for device in found if device.is_volume]


def spec(cloud: ServersApi, uuid: str) -> RequestSpec:
    with cloud.api_db.read() as conn:
        return request_specs.get(conn, uuid)


@pytest.fixture
def root(cloud: ServersApi) -> str:
    """A volume of 3 GiB that boots."""
    return cloud.volumes.add(
        PROJECT, size=3, bootable="true", volume_image_metadata=dict(IMAGE_METADATA)
    )


# ---- accepted ------------------------------------------------------------------------


def test_boot_from_a_volume(cloud: ServersApi, root: str) -> None:
    reply = boot(cloud, from_volume(root))
    assert reply.status == 202, reply.body
    uuid = reply.json["server"]["id"]
    (device,) = devices(cloud, uuid)
    assert (device.volume_size, device.delete_on_termination) == (3, False)
    (attachment,) = cloud.volumes.of(uuid)
    assert device.attachment_id == attachment["id"]
    assert cloud.volumes.volumes[root]["status"] == "reserved"
    assert cloud.conductor.builds[-1][0] == [uuid]
    its = spec(cloud, uuid)
    assert its.is_bfv and its.image.id is None
    assert its.image.properties == {"hw_disk_bus": "scsi"}
    instance = cloud.build_request(uuid)
    assert instance.image_ref == ""
    assert (instance.system_metadata or {})["image_hw_disk_bus"] == "scsi"
    view = cloud.get(f"/servers/{uuid}", version="2.3").json["server"]
    assert view["image"] == ""
    shown = view["os-extended-volumes:volumes_attached"]
    assert shown == [{"id": root, "delete_on_termination": False}]


def test_the_first_form(cloud: ServersApi, root: str) -> None:
    mapping = [{"volume_id": root, "device_name": "vda", "delete_on_termination": True}]
    reply = cloud.create(imageRef="", block_device_mapping=mapping)
    assert reply.status == 202, reply.body
    (device,) = devices(cloud, reply.json["server"]["id"])
    assert (device.boot_index, device.delete_on_termination) == (0, True)


def test_boot_from_an_image_in_a_volume(cloud: ServersApi) -> None:
    """The host that builds makes the volume: nothing is reserved yet."""
    reply = boot(cloud, image_to_volume(cloud, volume_type="__DEFAULT__"), version="2.67")
    assert reply.status == 202, reply.body
    uuid = reply.json["server"]["id"]
    (device,) = devices(cloud, uuid)
    assert (device.volume_id, device.image_id, device.volume_size) == (None, cloud.image_id, 2)
    assert device.volume_type == "__DEFAULT__"
    assert cloud.volumes.attachments == {}
    assert spec(cloud, uuid).is_bfv


def test_boot_from_a_snapshot(cloud: ServersApi, root: str) -> None:
    snapshot = cloud.volumes.add_snapshot(PROJECT, root)
    mapping = {"source_type": "snapshot", "uuid": snapshot, "boot_index": 0}
    reply = boot(cloud, mapping)
    assert reply.status == 202, reply.body
    uuid = reply.json["server"]["id"]
    (device,) = devices(cloud, uuid)
    assert (device.snapshot_id, device.volume_size) == (snapshot, 3)
    assert spec(cloud, uuid).image.properties == {"hw_disk_bus": "scsi"}
    del cloud.volumes.volumes[root]
    assert boot(cloud, mapping).status == 202


def test_disks_beside_the_image(cloud: ServersApi) -> None:
    volume = cloud.volumes.add(PROJECT)
    blank = {"source_type": "blank", "destination_type": "volume", "volume_size": 1}
    reply = with_image(cloud, data(volume), blank)
    assert reply.status == 202, reply.body
    found = devices(cloud, reply.json["server"]["id"])
    assert [device.source_type for device in found] == ["volume", "blank"]
    assert not spec(cloud, reply.json["server"]["id"]).is_bfv


def test_several_servers(cloud: ServersApi) -> None:
    assert boot(cloud, image_to_volume(cloud), max_count=3).status == 202


def test_a_flavor_without_disk(cloud: ServersApi, root: str) -> None:
    cloud.add_flavor("0", root_gb=0)
    assert boot(cloud, from_volume(root), flavorRef="0").status == 202


def test_shared_volumes(cloud: ServersApi) -> None:
    shared = cloud.volumes.add(PROJECT, bootable="true", multiattach=True)
    assert boot(cloud, from_volume(shared)).status == 400
    assert boot(cloud, from_volume(shared), version="2.60").status == 202
    assert boot(cloud, from_volume(shared), version="2.60").status == 202


def test_statements(cloud: ServersApi, root: str) -> None:
    """One more than without volumes: the attachments are noted."""
    cloud.created()
    counts = []
    for create in (cloud.create, lambda: boot(cloud, from_volume(root))):
        with cloud.api_db.counting() as seen:
            assert create().status == 202
        counts.append(len(seen.statements))
    assert counts[1] == counts[0] + 1


# ---- refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (lambda c, v: from_volume(UUID), f"failed to get volume {UUID}."),
        (lambda c, v: from_volume(c.volumes.add(OTHER_PROJECT)), "failed to get volume"),
        (lambda c, v: from_volume(c.volumes.add(PROJECT)), "is not bootable."),
        (
            lambda c, v: from_volume(c.volumes.add(PROJECT, bootable="true", status="in-use")),
            "but the current status is in-use",
        ),
        (
            lambda c, v: {"source_type": "snapshot", "uuid": UUID, "boot_index": 0},
            f"failed to get snapshot {UUID}.",
        ),
        (
            lambda c, v: {
                "source_type": "snapshot",
                "uuid": c.volumes.add_snapshot(PROJECT, v),
                "boot_index": 0,
                "volume_size": 1,
            },
            "needs at least 3 GB",
        ),
        (lambda c, v: image_to_volume(c, uuid=UUID), f"failed to get image {UUID}."),
        (lambda c, v: image_to_volume(c, volume_size=None), "non-zero size specified"),
        (
            lambda c, v: image_to_volume(c, uuid=c.images.add(status="queued")),
            "is not active",
        ),
        (
            lambda c, v: image_to_volume(c, uuid=c.images.add(min_disk=3)),
            "Volume is smaller than the minimum size",
        ),
        (
            lambda c, v: image_to_volume(c, uuid=c.images.add(min_ram=4096)),
            "Flavor's memory is too small",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "of",
)
def test_what_cannot_boot(cloud: ServersApi, root: str, mapping: Any, message: str) -> None:
    entry = {k: v for k, v in mapping(cloud, root).items() if v is not None}
    reply = boot(cloud, entry)
    assert reply.status == 400, reply.body
    assert message in reply.fault[1]
    with cloud.api_db.read() as conn:
        assert build_requests.list_(conn) == []
    assert cloud.volumes.attachments == {}


def test_what_cannot_be_added(cloud: ServersApi, root: str) -> None:
    blank = {"source_type": "blank", "destination_type": "volume", "boot_index": -1}
    assert "non-zero size" in with_image(cloud, blank).fault[1]
    typed = {**blank, "volume_size": 1, "volume_type": "gold"}
    reply = with_image(cloud, typed, version="2.67")
    assert (reply.status, reply.fault[1]) == (400, "Volume type gold could not be found.")
    reply = boot(cloud, from_volume(root), max_count=2)
    assert "Cannot attach one or more volumes to multiple instances" in reply.fault[1]


def test_no_volume_service(cloud: ServersApi, root: str) -> None:
    cloud.volumes.down = True
    assert boot(cloud, from_volume(root)).status == 503
    assert cloud.create().status == 202


# ---- reserved, or not ------------------------------------------------------------------


def test_somebody_was_faster(cloud: ServersApi, root: str) -> None:
    """Available when it was looked at, taken when it was to be reserved."""
    other = cloud.volumes.add(PROJECT)
    real = cloud.volumes.create_attachment

    def taken(context: Any, volume_id: str, *args: Any, **kwargs: Any) -> Any:
        if volume_id == other:
            raise InvalidVolume(reason="it is taken")
        return real(context, volume_id, *args, **kwargs)

    cloud.volumes.create_attachment = taken
    last = {**data(other), "delete_on_termination": True}
    reply = boot(cloud, from_volume(root, delete_on_termination=True), last)
    assert reply.status == 400
    assert cloud.volumes.attachments == {}
    assert set(cloud.volumes.volumes) == {root, other}
    with cloud.api_db.read() as conn:
        assert build_requests.list_(conn) == []
    assert cloud.conductor.builds == []
    assert cloud.get("/servers").json["servers"] == []


@pytest.mark.parametrize("after", [False, True])
def test_killed_while_it_reserves(cloud: ServersApi, root: str, after: bool) -> None:
    """The promise stands: a conductor takes it up, and the host reserves what is not."""
    real = cloud.volumes.create_attachment

    def die(*args: Any, **kwargs: Any) -> None:
        if after:
            real(*args, **kwargs)
        raise Killed

    cloud.volumes.create_attachment = die
    with pytest.raises(Killed):
        boot(cloud, from_volume(root))
    with cloud.api_db.read() as conn:
        (request,) = build_requests.list_(conn)
    assert [d.attachment_id for d in request.block_devices if d.is_volume] == [None]
    assert len(cloud.volumes.attachments) == after
    cloud.volumes.create_attachment = real
    assert cloud.delete(f"/servers/{request.instance_uuid}").status == 204
    assert cloud.volumes.attachments == {}
    assert cloud.volumes.volumes[root]["status"] == "available"


# ---- given back ------------------------------------------------------------------------


@pytest.mark.parametrize("goes", [False, True])
@pytest.mark.parametrize("buried", [False, True])
def test_a_server_that_no_host_held(cloud: ServersApi, root: str, goes: bool, buried: bool) -> None:
    uuid = boot(cloud, from_volume(root, delete_on_termination=goes)).json["server"]["id"]
    if buried:
        cloud.place(uuid, cell0=True)
    assert cloud.delete(f"/servers/{uuid}").status == 204
    assert cloud.get(f"/servers/{uuid}").status == 404
    assert cloud.volumes.attachments == {}
    assert (root not in cloud.volumes.volumes) == goes


def test_a_volume_that_will_not_go(cloud: ServersApi, root: str) -> None:
    cloud.volumes.fail["delete_volume"] = InvalidVolume(reason="it has snapshots")
    uuid = boot(cloud, from_volume(root, delete_on_termination=True)).json["server"]["id"]
    assert cloud.delete(f"/servers/{uuid}").status == 204
    assert cloud.volumes.volumes[root]["status"] == "available"


def test_the_volume_service_is_down(cloud: ServersApi, root: str) -> None:
    """A promise is taken back all the same (a conductor frees the volume later); a server in
    cell0 stays until its volumes are free."""
    promised = boot(cloud, from_volume(root)).json["server"]["id"]
    other = cloud.volumes.add(PROJECT, bootable="true")
    buried = boot(cloud, from_volume(other)).json["server"]["id"]
    cloud.place(buried, cell0=True)
    cloud.volumes.down = True
    assert cloud.delete(f"/servers/{promised}").status == 204
    assert cloud.delete(f"/servers/{buried}").status == 503
    cloud.volumes.down = False
    assert cloud.delete(f"/servers/{buried}").status == 204
    assert cloud.volumes.volumes[other]["status"] == "available"
