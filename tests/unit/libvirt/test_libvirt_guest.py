"""What a flavor and an image make of a guest."""

import pytest

from novalite.exception import InvalidImageProperty
from novalite.objects import BlockDevice, ImageMeta, Instance
from novalite.virt.libvirt import guest


@pytest.mark.parametrize(
    ("vcpus", "specs", "properties", "expected"),
    [
        (4, {}, {}, (4, 1, 1)),
        (4, {"hw:cpu_sockets": "2"}, {}, (2, 2, 1)),
        (4, {"hw:cpu_cores": "4"}, {}, (1, 4, 1)),
        (8, {"hw:cpu_cores": "2", "hw:cpu_threads": "2"}, {}, (2, 2, 2)),
        (4, {}, {"hw_cpu_cores": 2}, (2, 2, 1)),
        (4, {"hw:cpu_cores": "4"}, {"hw_cpu_cores": 2}, (1, 4, 1)),
        (4, {"hw:cpu_cores": "3"}, {}, (4, 1, 1)),
        (4, {"hw:cpu_sockets": "8"}, {}, (4, 1, 1)),
        (2, {"hw:cpu_cores": "many"}, {}, (2, 1, 1)),
    ],
)
def test_topology(vcpus, specs, properties, expected):
    assert guest.topology(vcpus, specs, properties) == expected


@pytest.mark.parametrize(
    ("mode", "models", "virt_type", "expected"),
    [
        (None, [], "kvm", ("host-model", None)),
        (None, [], "qemu", (None, None)),
        ("host-passthrough", [], "kvm", ("host-passthrough", None)),
        ("host-passthrough", [], "qemu", (None, None)),
        ("custom", ["Nehalem", "Haswell"], "qemu", ("custom", "Nehalem")),
        ("none", [], "kvm", (None, None)),
    ],
)
def test_cpu_mode(mode, models, virt_type, expected):
    found = guest.cpu(mode, models, virt_type, 1, {}, {})
    assert (found.mode, found.model) == expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, ("virtio", "disk")),
        ({"hw_disk_bus": "ide"}, ("ide", "cdrom")),
        ({"hw_disk_bus": "scsi"}, ("scsi", "cdrom")),
        ({"hw_cdrom_bus": "sata"}, ("sata", "cdrom")),
        ({"hw_cdrom_bus": "virtio", "hw_disk_bus": "virtio"}, ("virtio", "disk")),
    ],
)
def test_where_the_config_drive_goes(properties, expected):
    assert guest.config_drive_bus(properties) == expected


def test_disk_bus():
    assert guest.disk_bus({"hw_disk_bus": "scsi"}) == "scsi"
    assert guest.disk_bus({"hw_disk_bus": "scsi"}, "ide") == "ide"
    with pytest.raises(InvalidImageProperty, match="fdc"):
        guest.disk_bus({"hw_disk_bus": "fdc"})


def test_targets_honour_wishes_that_fit():
    targets = guest.Targets()
    assert targets.take("virtio", "/dev/vdb") == "vdb"
    assert targets.take("virtio") == "vda"
    assert targets.take("virtio", "/dev/vdb") == "vdc"
    assert targets.take("scsi", "/dev/vdd") == "sda"
    assert targets.take("virtio", "/dev/vd../..") == "vdd"
    assert targets.take_last("virtio") == "vdz"
    assert targets.take_last("ide") == "hdd"


@pytest.mark.parametrize(
    ("wish", "properties", "force", "expected"),
    [
        ("", {}, False, False),
        ("True", {}, False, True),
        ("False", {}, False, False),
        ("", {"img_config_drive": "mandatory"}, False, True),
        ("", {"img_config_drive": "optional"}, False, False),
        ("", {}, True, True),
    ],
)
def test_wants_config_drive(wish, properties, force, expected):
    instance = Instance(uuid="u", project_id="p", user_id="u", config_drive=wish)
    assert guest.wants_config_drive(instance, ImageMeta(properties=properties), force) is expected


def test_local_disks():
    root = BlockDevice("image", "local", boot_index=0)
    ephemeral = BlockDevice("blank", "local", guest_format="ext4")
    swap = BlockDevice("blank", "local", guest_format="swap")
    not_there = BlockDevice("blank", "local", no_device=True)
    devices = [root, swap, ephemeral, not_there]
    assert guest.local_disks(devices) == ([ephemeral], [swap])
    assert guest.root_device(devices) is root


def test_volumes_are_no_local_disks():
    blank = BlockDevice("blank", "volume", volume_id="v")
    from_image = BlockDevice("image", "volume", boot_index=0, volume_id="w")
    assert guest.local_disks([blank, from_image]) == ([], [])
    assert guest.root_device([blank, from_image]) is None
    assert guest.boots_from_volume([blank, from_image])
    assert not guest.boots_from_volume([blank, BlockDevice("image", "local", boot_index=0)])


def test_command_line():
    assert guest.command_line({}, "vda") == "root=/dev/vda console=tty0 console=ttyS0"
    assert guest.command_line({"os_command_line": "quiet"}, "vda") == "quiet"


def test_queues():
    assert guest.queues(4, {}, {}) == 1
    assert guest.queues(4, {}, {"hw_vif_multiqueue_enabled": "true"}) == 4
    assert guest.queues(4, {"hw:vif_multiqueue_enabled": "false"}, {}) == 1
