"""Unmodified clients and the volume service of ``novalite up --fake``: openstack, openstacksdk."""

import os
import pathlib

import pytest

from tests.support.fake_cloud import FakeCloud, until
from tests.support.volume_cloud import read, write

pytestmark = pytest.mark.integration


def files(cloud: FakeCloud) -> list[pathlib.Path]:
    return list((cloud.state / "volumes").glob("volume-*"))


def file_of(cloud: FakeCloud, volume_id: str) -> str:
    """The only file of a volume without snapshots."""
    (path,) = [path for path in files(cloud) if volume_id in path.name]
    return str(path)


def reaches(sdk, volume_id, status="available"):
    return until(
        lambda: (found := sdk.block_storage.get_volume(volume_id)).status == status and found,
        f"volume {status}",
    )


def test_the_openstack_command_makes_extends_snapshots_and_removes_a_volume(cloud, sdk):
    (made,) = cloud.openstack("volume create --size 1 --property tier=gold disk -f json")
    assert (made["name"], made["size"], made["type"]) == ("disk", 1, "__DEFAULT__")
    reaches(sdk, made["id"])
    write(file_of(cloud, made["id"]), b"by a guest")
    _, snapshot = cloud.openstack(
        "volume set --size 2 --description larger disk",
        "volume snapshot create --volume disk --force before -f json",
    )
    until(lambda: sdk.block_storage.get_volume(made["id"]).size == 2, "2 GiB")
    until(lambda: sdk.block_storage.get_snapshot(snapshot["id"]).status == "available", "snapshot")
    (copy,) = cloud.openstack("volume create --snapshot before --size 3 copy -f json")
    assert copy["size"] == 3
    reaches(sdk, copy["id"])
    assert read(file_of(cloud, copy["id"])) == b"by a guest"
    listed, shown, snapshots, _ = cloud.openstack(
        "volume list -f json",
        "volume show disk -f json",
        "volume snapshot list --volume disk -f json",
        "volume snapshot delete before",
    )
    assert {each["Name"]: each["Status"] for each in listed} == {
        "disk": "available",
        "copy": "available",
    }
    assert (shown["properties"], shown["description"]) == ({"tier": "gold"}, "larger")
    assert [each["ID"] for each in snapshots] == [snapshot["id"]]
    until(lambda: not list(sdk.block_storage.snapshots()), "no snapshots")
    cloud.openstack("volume unset --property tier disk", "volume delete disk copy")
    until(lambda: not files(cloud), "no files")


def test_what_was_promised_is_kept_after_a_kill(cloud, sdk):
    image = sdk.create_image(
        "large", data=os.urandom(1 << 20), disk_format="raw", container_format="bare", wait=True
    )
    made = [
        sdk.block_storage.create_volume(size=1, image_id=image.id, name=f"promised-{n}")
        for n in range(6)
    ]
    cloud.kill()
    cloud.up()
    for each in made:
        reaches(sdk, each.id)
        sdk.block_storage.delete_volume(each.id)
    cloud.kill()
    cloud.up()
    until(lambda: not list(sdk.block_storage.volumes()) and not files(cloud), "nothing left")


def test_openstacksdk_carries_data_through_images_and_copies(cloud, sdk):
    source = sdk.create_image(
        "seed", data=b"seed".ljust(4096, b"\0"), disk_format="raw", container_format="bare",
        wait=True,
    )  # fmt: skip
    volume = sdk.create_volume(1, image=source.id, name="seeded", wait=True)
    assert volume.is_bootable
    assert read(file_of(cloud, volume.id)) == b"seed"
    clone = sdk.block_storage.create_volume(size=1, source_volume_id=volume.id, name="clone")
    sdk.block_storage.wait_for_status(clone, "available", interval=0.1, wait=30)
    write(file_of(cloud, clone.id), b"changed")
    body = sdk.block_storage.upload_volume_to_image(
        clone.id, "out", disk_format="qcow2", container_format="bare"
    )
    until(lambda: sdk.image.get_image(body["image_id"]).status == "active", "an image")
    assert bytes(sdk.image.download_image(body["image_id"]).content[:4]) == b"QFI\xfb"
    reaches(sdk, clone.id)
    again = sdk.create_volume(1, image=body["image_id"], name="again", wait=True)
    assert read(file_of(cloud, again.id)) == b"changed"
    snapshot = sdk.create_volume_snapshot(again.id, name="point", wait=True)
    sdk.block_storage.set_volume_metadata(again.id, where="here")
    assert sdk.block_storage.get_volume_metadata(again.id).metadata == {"where": "here"}
    found = list(sdk.block_storage.volumes(details=True, name="again"))
    assert [each.metadata for each in found] == [{"where": "here"}]
    sdk.block_storage.revert_volume_to_snapshot(again.id, snapshot.id)
    reaches(sdk, again.id)
    sdk.block_storage.delete_volume(again.id, cascade=True)
    for each in (volume, clone):
        sdk.delete_volume(each.id, wait=True)
    until(lambda: not files(cloud), "no files")


def test_limits_say_what_is_used(cloud, sdk):
    volume = sdk.create_volume(1, name="counted", wait=True)
    absolute = sdk.block_storage.get_limits().absolute
    assert (absolute.total_volumes_used, absolute.total_gigabytes_used) == (1, 1)
    sdk.delete_volume(volume.id, wait=True)
