import dataclasses

import pytest

from novalite.compute.block_devices import complete
from novalite.objects import BlockDevice, Flavor, ImageMeta, Instance

FLAVOR = Flavor("1", "f", memory_mb=64, vcpus=1, root_gb=5, ephemeral_gb=3, swap=512)


def server(**more):
    return Instance(uuid="u", project_id="p", user_id="u", flavor=FLAVOR, **more)


def disk(uuid, source="blank", **more):
    return BlockDevice(source, "local", uuid=uuid, **more)


def names(found):
    return [(device.uuid, device.device_name) for device in found.devices]


def test_root_ephemeral_and_swap_in_their_order():
    devices = [
        disk("swap", guest_format="swap", boot_index=-1),
        disk("eph", boot_index=-1),
        disk("root", "image", boot_index=0),
    ]
    found = complete(server(), ImageMeta(), devices)
    assert names(found) == [("root", "/dev/vda"), ("eph", "/dev/vdb"), ("swap", "/dev/vdc")]
    assert [device.volume_size for device in found.devices] == [5, 3, 512]
    assert {device.disk_bus for device in found.devices} == {"virtio"}
    assert found.instance_changes == {
        "root_device_name": "/dev/vda",
        "default_ephemeral_device": "/dev/vdb",
        "default_swap_device": "/dev/vdc",
    }
    assert {update["uuid"] for update in found.updates} == {"root", "eph", "swap"}


def test_a_second_time_changes_nothing():
    devices = [disk("root", "image", boot_index=0), disk("eph", boot_index=-1)]
    first = complete(server(), ImageMeta(), devices)
    again = complete(server(**first.instance_changes), ImageMeta(), first.devices)
    assert again.devices == first.devices
    assert again.updates == []
    assert again.instance_changes == {}


def test_the_users_names_and_sizes_are_kept():
    devices = [
        disk("root", "image", boot_index=0, device_name="vda", volume_size=9),
        disk("one", device_name="/dev/vdc", boot_index=-1),
        disk("two", boot_index=-1),
    ]
    found = complete(server(), ImageMeta(), devices)
    assert names(found) == [("root", "/dev/vda"), ("one", "/dev/vdc"), ("two", "/dev/vdb")]
    assert found.devices[0].volume_size == 9


@pytest.mark.parametrize(
    ("bus", "root"), [("scsi", "/dev/sda"), ("ide", "/dev/hda"), ("virtio", "/dev/vda")]
)
def test_the_image_chooses_the_bus(bus, root):
    image = ImageMeta(properties={"hw_disk_bus": bus})
    found = complete(server(), image, [disk("root", "image", boot_index=0)])
    assert (found.devices[0].device_name, found.devices[0].disk_bus) == (root, bus)


def test_a_name_says_its_bus_and_a_cdrom_has_its_own():
    devices = [
        disk("root", "image", boot_index=0, device_name="/dev/sda"),
        disk("cd", boot_index=-1, device_type="cdrom"),
    ]
    found = complete(server(), ImageMeta(), devices)
    assert [(d.device_name, d.disk_bus) for d in found.devices] == [
        ("/dev/sda", "scsi"),
        ("/dev/sdb", "sata"),
    ]


def test_an_iso_image_is_a_cdrom():
    root = disk("root", "image", boot_index=0)
    found = complete(server(), ImageMeta(disk_format="iso"), [root])
    assert (found.devices[0].device_name, found.devices[0].disk_bus) == ("/dev/sda", "sata")


def test_the_instances_own_root_device_name_counts():
    found = complete(
        server(root_device_name="/dev/xvda"), ImageMeta(), [disk("root", "image", boot_index=0)]
    )
    assert found.devices[0].device_name == "/dev/xvda"


def test_devices_that_are_no_devices():
    none = disk("none", no_device=True)
    assert complete(server(), ImageMeta(), [none]).devices == []


def test_volumes_are_named_with_the_rest_and_keep_their_own_size():
    """A blank volume is no ephemeral disk of the flavor's."""
    root = disk("root", "image", boot_index=0)
    volume = dataclasses.replace(disk("v", id=2), destination_type="volume", boot_index=None)
    found = complete(server(), ImageMeta(), [volume, root, disk("e", boot_index=-1, id=3)])
    assert [(d.uuid, d.device_name, d.disk_bus) for d in found.devices] == [
        ("root", "/dev/vda", "virtio"),
        ("e", "/dev/vdb", "virtio"),
        ("v", "/dev/vdc", "virtio"),
    ]
    assert found.devices[2].volume_size is None
    assert found.instance_changes == {
        "root_device_name": "/dev/vda",
        "default_ephemeral_device": "/dev/vdb",
    }


def test_more_disks_than_letters():
    devices = [disk(f"d{n:02d}", boot_index=-1, id=n) for n in range(30)]
    found = complete(server(), ImageMeta(), devices)
    assert [device.device_name for device in found.devices][24:28] == [
        "/dev/vdy",
        "/dev/vdz",
        "/dev/vdaa",
        "/dev/vdab",
    ]
