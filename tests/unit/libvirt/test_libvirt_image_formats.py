"""Images of other makers' formats become qcow2 on the compute host, and only if they are safe."""

import hashlib
import os
import struct
import subprocess

import pytest

from novalite.context import admin_context
from novalite.exception import ImageUnacceptable
from novalite.objects import ImageMeta
from novalite.virt.libvirt import image_cache, qemu_img
from novalite.virt.libvirt.image_cache import ImageCache

IMAGE_ID = "3d6c6a8c-0000-4000-8000-000000000002"
KEY = hashlib.sha1(IMAGE_ID.encode()).hexdigest()
SIZE = 4 << 20


class Local:
    """An image service on this host."""

    def __init__(self, path):
        self.path = path

    def local_path(self, image_id):
        return str(self.path)


def made(folder, disk_format, subformat=None):
    """A disk of 4 MiB with something in its middle, and what that is."""
    raw = folder / "content.raw"
    raw.write_bytes(bytes(SIZE))
    with open(raw, "r+b") as file:
        file.seek(SIZE // 2)
        file.write(b"what was written")
    path = folder / f"disk.{disk_format}"
    options = ["-o", f"subformat={subformat}"] if subformat else []
    name = {"vhd": "vpc"}.get(disk_format, disk_format)
    command = ["qemu-img", "convert", "-f", "raw", "-O", name, *options, str(raw), str(path)]
    subprocess.run(command, check=True)
    return path, raw.read_bytes()


def content(path):
    out = f"{path}.raw"
    command = ["qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(path), out]
    subprocess.run(command, check=True)
    with open(out, "rb") as file:
        return file.read()


def disk(folder, path, disk_format, *, may_link=True):
    folder.mkdir(exist_ok=True)
    cache = ImageCache(str(folder), Local(path), may_link=may_link)
    return cache.disk(admin_context(), ImageMeta(id=IMAGE_ID, disk_format=disk_format))


@pytest.mark.parametrize("may_link", [True, False])
@pytest.mark.parametrize(
    ("disk_format", "subformat"),
    [
        ("vmdk", None), ("vmdk", "streamOptimized"), ("vdi", None), ("vhd", None),
        ("vhdx", None),
    ],
)  # fmt: skip
def test_other_formats_are_made_qcow2(tmp_path, disk_format, subformat, may_link):
    path, data = made(tmp_path, disk_format, subformat)
    before = path.read_bytes()
    base = disk(tmp_path / "bases", path, disk_format, may_link=may_link)
    assert base.format == "qcow2"
    assert base.path.endswith(f"{KEY}.qcow2")
    assert base.virtual_size >= SIZE  # of VHD: whole cylinders
    assert content(base.path)[:SIZE] == data
    assert path.read_bytes() == before  # the store's file is the store's
    assert os.stat(base.path).st_mode & 0o077 == 0
    assert qemu_img.self_contained_size(base.path, "qcow2") == base.virtual_size
    left = sorted(name for name in os.listdir(tmp_path / "bases") if not name.endswith(".raw"))
    assert left == [f"{KEY}.json", f"{KEY}.qcow2"]


def descriptor(path, text):
    """Replace the descriptor inside a sparse VMDK."""
    with open(path, "r+b") as file:
        head = file.read(512)
        start, count = struct.unpack_from("<QQ", head, 28)
        file.seek(start * 512)
        old = file.read(count * 512).rstrip(b"\0").decode()
        file.seek(start * 512)
        file.write(text(old).encode().ljust(count * 512, b"\0"))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + 'parentFileNameHint="/etc/shadow"\n',
        lambda text: text.replace("SPARSE", "FLAT"),
        lambda text: text + 'RW 8192 FLAT "neighbour.img" 0\n',
        lambda text: text + 'RW 8192 SPARSE "neighbour.img"\n',
        lambda text: text.replace("createType", "CreateType") + 'createType="monolithicFlat"\n',
        lambda text: text.replace("monolithicSparse", "monolithicFlat"),
        lambda text: text.replace('"disk.vmdk"', '"/etc/shadow"'),
    ],
)
def test_a_vmdk_that_names_other_files_is_refused(tmp_path, change):
    path, _ = made(tmp_path, "vmdk")
    descriptor(path, change)
    with pytest.raises(ImageUnacceptable, match="descriptor"):
        disk(tmp_path / "bases", path, "vmdk")
    assert os.listdir(tmp_path / "bases") == []


def test_what_the_inspection_overlooks_is_refused_by_what_qemu_says(tmp_path, monkeypatch):
    path, _ = made(tmp_path, "qcow2")
    overlay = tmp_path / "overlay.qcow2"
    qemu_img.create_overlay(str(overlay), str(path), "qcow2", SIZE)
    assert qemu_img.self_contained_size(str(path), "qcow2") == SIZE
    assert qemu_img.self_contained_size(str(overlay), "qcow2") is None
    vdi, _ = made(tmp_path, "vdi")
    monkeypatch.setattr(qemu_img, "self_contained_size", lambda path, file_format: None)
    with pytest.raises(ImageUnacceptable, match="refers to other files"):
        disk(tmp_path / "bases", vdi, "vdi")
    assert os.listdir(tmp_path / "bases") == []


def test_a_damaged_image_is_refused(tmp_path):
    path, _ = made(tmp_path, "vdi")
    with open(path, "r+b") as file:
        file.seek(0x170)
        file.write(struct.pack("<Q", 1 << 60))
    with pytest.raises(ImageUnacceptable, match="qemu-img"):
        disk(tmp_path / "bases", path, "vdi")
    assert os.listdir(tmp_path / "bases") == []


def test_a_conversion_writes_no_more_than_the_disk_is(tmp_path):
    path, _ = made(tmp_path, "vdi")
    with pytest.raises(qemu_img.QemuImgFailed):
        qemu_img.convert(str(path), "vdi", str(tmp_path / "out.raw"), "raw", most=-(70 << 20))


def test_a_killed_conversion_is_removed_in_time(tmp_path):
    """Its folder is like a partial file."""
    room = tmp_path / f"{KEY}{image_cache.PARTIAL}x"
    room.mkdir()
    (room / "source").write_bytes(b"data")
    cache = ImageCache(str(tmp_path), None, may_link=True)
    assert cache.prune(list, 0) == []
    assert room.exists()
    os.utime(room, (1, 1))
    cache.prune(list, 0)
    assert not room.exists()
