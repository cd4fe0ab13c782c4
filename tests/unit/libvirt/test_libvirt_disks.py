"""A guest's disks, made by the real qemu-img."""

import json
import os
import shutil
import subprocess

import pytest

from novalite.context import admin_context
from novalite.exception import BuildAbort, FlavorDiskTooSmall
from novalite.objects import BlockDevice, ImageMeta, Instance
from novalite.virt.libvirt import qemu_img
from novalite.virt.libvirt.disks import DiskBuilder, Notes, boot_files
from novalite.virt.libvirt.guest import Targets
from novalite.virt.libvirt.image_cache import ImageCache
from novalite.virt.libvirt.paths import Paths

pytestmark = pytest.mark.skipif(not shutil.which("qemu-img"), reason="no qemu-img")

UUID = "11111111-2222-3333-4444-555555555555"
MIB, GIB = 1 << 20, 1 << 30


class Images:
    """``files``: image id -> path."""

    def __init__(self, files):
        self.files = files

    def local_path(self, image_id):
        return str(self.files[image_id])

    def get(self, context, image_id):
        return ImageMeta(id=image_id, disk_format="aki")


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "40M"], check=True)
    kernel = tmp_path / "kernel"
    kernel.write_bytes(b"a kernel" * 1000)
    return {"image": path, "kernel": kernel}


class World:
    def __init__(self, tmp_path, files, images_type="qcow2"):
        self.paths = Paths(str(tmp_path / "instances"))
        self.paths.prepare()
        self.paths.make_guest(UUID)
        self.images = Images(files)
        self.cache = ImageCache(self.paths.base, self.images, may_link=True)
        self.notes = Notes(self.paths)
        self.builder = DiskBuilder(self.paths, self.cache, self.notes, "me", images_type)

    def build(self, *devices, root_gb=1, meta=None, **changes):
        instance = Instance(uuid=UUID, project_id="p", user_id="u", root_gb=root_gb, **changes)
        meta = meta or ImageMeta(id="image", disk_format="qcow2")
        return self.builder.build(admin_context(), instance, meta, list(devices), Targets())


def about(path, file_format):
    done = subprocess.run(
        ["qemu-img", "info", "--output=json", "-f", file_format, path],
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)


ROOT = BlockDevice("image", "local", boot_index=0, device_name="/dev/vda", disk_bus="virtio")


def test_root_disk_grows_to_the_flavor(tmp_path, image):
    world = World(tmp_path, image)
    (disk,) = world.build(ROOT, root_gb=2)
    info = about(disk.path, "qcow2")
    assert info["virtual-size"] == 2 * GIB
    assert info["backing-filename"] == disk.backing[0]
    assert info["backing-filename-format"] == disk.backing[1] == "qcow2"
    assert (disk.target, disk.bus, disk.boot_order) == ("vda", "virtio", 1)
    assert os.stat(disk.path).st_mode & 0o777 == 0o600


def test_root_gb_0_is_the_images_own_size(tmp_path, image):
    (disk,) = World(tmp_path, image).build(ROOT, root_gb=0)
    assert about(disk.path, "qcow2")["virtual-size"] == 40 * MIB


def test_an_image_that_does_not_fit(tmp_path, image):
    subprocess.run(["qemu-img", "resize", "-q", image["image"], "3G"], check=True)
    with pytest.raises(FlavorDiskTooSmall, match=str(2 * GIB)):
        World(tmp_path, image).build(ROOT, root_gb=2)


def test_raw_disks_have_nothing_beneath(tmp_path, image):
    (disk,) = World(tmp_path, image, "raw").build(ROOT, root_gb=1)
    assert (disk.format, disk.backing) == ("raw", None)
    status = os.stat(disk.path)
    assert status.st_size == GIB
    assert status.st_blocks * 512 < 10 * MIB  # sparse


def test_ephemeral_and_swap(tmp_path, image):
    world = World(tmp_path, image)
    ephemeral = BlockDevice("blank", "local", volume_size=1, device_name="/dev/vdb")
    second = BlockDevice("blank", "local", volume_size=1, guest_format="vfat")
    swap = BlockDevice("blank", "local", volume_size=64, guest_format="swap")
    disks = world.build(swap, ROOT, ephemeral, second)
    assert [d.target for d in disks] == ["vda", "vdb", "vdc", "vdd"]
    assert [os.path.basename(d.path) for d in disks] == [
        "disk", "disk.eph0", "disk.eph1", "disk.swap",
    ]  # fmt: skip
    assert about(disks[1].path, "qcow2")["virtual-size"] == GIB
    assert about(disks[3].path, "qcow2")["virtual-size"] == 64 * MIB
    with open(disks[1].backing[0], "rb") as file:
        head = file.read(2048)
        assert head[1080:1082] == b"\x53\xef"  # ext4
        assert b"ephemeral0" in head
    with open(disks[3].backing[0], "rb") as file:
        assert file.read(4096).endswith(b"SWAPSPACE2")
    assert len(world.notes.read(UUID)["bases"]) == 4


def test_a_second_attempt_goes_on_with_what_is_there(tmp_path, image):
    world = World(tmp_path, image)
    (disk,) = world.build(ROOT)
    before = os.stat(disk.path)
    (again,) = World(tmp_path, image).build(ROOT)
    assert again == disk
    assert os.stat(disk.path).st_ino == before.st_ino


def test_what_was_cut_off_is_made_anew(tmp_path, image):
    world = World(tmp_path, image)
    (tmp_path / "instances" / UUID / "disk.part").write_bytes(b"half a disk")
    (disk,) = world.build(ROOT)
    assert about(disk.path, "qcow2")["virtual-size"] == GIB
    assert not os.path.exists(disk.path + ".part")


def test_an_iso_image_is_a_cd(tmp_path, image):
    iso = tmp_path / "cd.iso"
    iso.write_bytes((b"\0" * 32768 + b"\x01CD001").ljust(1 << 20, b"\0"))
    world = World(tmp_path, {"image": iso})
    (disk,) = world.build(meta=ImageMeta(id="image", disk_format="iso"))
    assert (disk.device, disk.bus, disk.target, disk.readonly) == ("cdrom", "ide", "hda", True)


def test_the_bus_follows_device_and_image(tmp_path, image):
    world = World(tmp_path, image)
    meta = ImageMeta(id="image", disk_format="qcow2", properties={"hw_disk_bus": "scsi"})
    root = BlockDevice("image", "local", boot_index=0, device_name="/dev/vda")
    (disk,) = world.build(root, meta=meta)
    assert (disk.bus, disk.target) == ("scsi", "sda")


def test_no_disk_at_all(tmp_path, image):
    with pytest.raises(BuildAbort, match="no disk"):
        World(tmp_path, image).build(meta=ImageMeta())


def test_a_file_system_that_cannot_be_made(tmp_path, image):
    world = World(tmp_path, image)
    device = BlockDevice("blank", "local", volume_size=1, guest_format="btrfs; rm")
    with pytest.raises(BuildAbort, match="not supported"):
        world.build(ROOT, device)
    device = BlockDevice("blank", "local", volume_size=0)
    with pytest.raises(BuildAbort, match="no size"):
        world.build(ROOT, device)


def test_notes_tell_whose_and_on_what(tmp_path, image):
    world = World(tmp_path, image)
    (disk,) = world.build(ROOT)
    key = os.path.basename(disk.backing[0]).partition(".")[0]
    assert world.notes.bases_in_use() == {key}
    assert world.notes.owned_by("me") == [UUID]
    assert world.notes.owned_by("another host") == []
    world.paths.remove_guest(UUID)
    assert world.notes.bases_in_use() == set()


def test_boot_files_are_the_guests_own(tmp_path, image):
    world = World(tmp_path, image)
    instance = Instance(uuid=UUID, project_id="p", user_id="u", kernel_id="kernel")
    files = boot_files(admin_context(), world.images, world.cache, world.paths, instance)
    assert set(files) == {"kernel"}
    with open(files["kernel"], "rb") as file:
        assert file.read() == b"a kernel" * 1000
    world.paths.remove_guest(UUID)
    assert image["kernel"].exists()


def test_qemu_img_says_why_it_failed(tmp_path):
    with pytest.raises(qemu_img.QemuImgFailed, match="nosuchdir"):
        qemu_img.create_empty(str(tmp_path / "nosuchdir" / "x"), "qcow2", 1 << 20)


def test_removal_survives_a_crash_in_its_middle(tmp_path, image):
    world = World(tmp_path, image)
    aside = tmp_path / "instances" / f"{UUID}.removed"
    aside.mkdir()
    (aside / "disk").write_bytes(b"")
    world.paths.remove_guest(UUID)
    assert os.listdir(tmp_path / "instances") == ["_base"]
    aside.mkdir()
    world.paths.remove_leftovers()
    assert not aside.exists()
    world.paths.remove_guest(UUID)  # gone is gone
