"""Names of disks that are added to servers."""

import pytest

from novalite.exception import DevicePathInUse
from novalite.objects import BlockDevice, Instance
from novalite.objects.device_names import bus_of, for_attachment, next_free


def server(**more):
    return Instance(uuid="u", project_id="p", user_id="u", root_device_name="/dev/vda", **more)


def disk(name):
    return BlockDevice("volume", "volume", device_name=name)


def test_the_next_free_name():
    assert for_attachment(server(), []) == ("/dev/vdb", "virtio")
    assert for_attachment(server(), [disk("/dev/vdb"), disk("vdd")]) == ("/dev/vdc", "virtio")
    taken = server(default_ephemeral_device="/dev/vdb", default_swap_device="vdc")
    assert for_attachment(taken, []) == ("/dev/vdd", "virtio")


def test_the_images_bus_counts():
    scsi = server(system_metadata={"image_hw_disk_bus": "scsi"})
    assert for_attachment(scsi, []) == ("/dev/sda", "scsi")
    assert for_attachment(scsi, [], "/dev/sdc") == ("/dev/sdc", "scsi")


@pytest.mark.parametrize(
    ("wish", "name"),
    [("/dev/vdx", "/dev/vdx"), ("vdx", "/dev/vdx"), ("/dev/sdx", "/dev/vdb"), ("auto", "/dev/vdb"),
     ("/dev/vd", "/dev/vdb"), ("/dev/vdbc", "/dev/vdb"), ("/dev/vd1", "/dev/vdb")],
)  # fmt: skip
def test_a_wish_is_honoured_where_it_can_be(wish, name):
    assert for_attachment(server(), [], wish)[0] == name


@pytest.mark.parametrize("wish", ["/dev/vda", "vdb"])
def test_a_wish_for_a_name_that_is_taken(wish):
    with pytest.raises(DevicePathInUse, match="is in use"):
        for_attachment(server(), [disk("/dev/vdb")], wish)


def test_after_z_comes_aa():
    used = [f"/dev/vd{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    assert next_free("virtio", used) == "/dev/vdaa"


def test_buses_by_name():
    names = ("/dev/vdb", "xvdc", "sda", "/dev/hdd", "nvme0", "vd1", "")
    assert [bus_of(name) for name in names] == ["virtio", "xen", "scsi", "ide", None, None, None]
