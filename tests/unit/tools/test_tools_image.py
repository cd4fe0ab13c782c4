"""The guest image's parts: archive, modules, boot record."""

import gzip
import json
import shutil
import struct
import subprocess

import pytest

from tools.image import build, disk
from tools.image.initramfs import Tree
from tools.image.modules import Modules
from tools.image.packages import BuildError


def test_the_archive_is_one_that_cpio_reads(tmp_path):
    tree = Tree()
    tree.file("etc/deep/file", b"content", 0o640)
    tree.link("bin/sh", "busybox")
    tree.character_device("dev/console", 5, 1)
    packed = tree.packed()
    assert packed == tree.packed()
    plain = gzip.decompress(packed)
    assert plain.startswith(b"070701")
    assert b"TRAILER!!!" in plain
    # A folder stands before what is in it.
    assert plain.index(b"etc\0") < plain.index(b"etc/deep\0") < plain.index(b"etc/deep/file\0")
    if shutil.which("cpio"):
        listed = subprocess.run(
            ["cpio", "-itv", "--quiet"], input=plain, capture_output=True, check=True
        ).stdout.decode()
        assert "-rw-r-----" in listed and "etc/deep/file" in listed
        assert "bin/sh -> busybox" in listed
        assert "5,   1" in listed


def module(folder, name, depends=""):
    path = folder / "kernel" / f"{name}.ko"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0vermagic=6\0")


def test_modules_come_after_what_they_need(tmp_path):
    module(tmp_path, "virtio_net", "net_failover,virtio-ring")
    module(tmp_path, "net_failover", "failover")
    module(tmp_path, "failover")
    module(tmp_path, "virtio-ring")
    (tmp_path / "modules.builtin").write_text("kernel/net/af_packet.ko\n")
    modules = Modules(str(tmp_path))
    assert modules.ordered(("virtio_net", "af_packet", "not_in_this_kernel")) == [
        "failover", "net_failover", "virtio_ring", "virtio_net",
    ]  # fmt: skip


def test_a_missing_dependency_is_said(tmp_path):
    module(tmp_path, "virtio_net", "failover")
    with pytest.raises(BuildError, match="virtio_net needs failover"):
        Modules(str(tmp_path)).ordered(("virtio_net",))


def test_the_boot_record_names_one_active_partition():
    record = disk._boot_record(b"\xeb" * 440)
    assert len(record) == 512 and record[510:] == b"\x55\xaa"
    status, _, kind, _, start, size = struct.unpack("<B3sB3sII", record[446:462])
    assert (status, kind, start) == (0x80, 0x0E, disk.START)
    assert (start + size) * disk.SECTOR == disk.SIZE
    assert record[462:510] == b"\0" * 48


def test_what_is_built_from_the_same_sources_is_kept(tmp_path):
    assert not build.is_built(str(tmp_path))
    for name in build.PRODUCTS:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / build.MANIFEST).write_text(json.dumps({"fingerprint": build.fingerprint()}))
    assert build.is_built(str(tmp_path))
    (tmp_path / "vmlinuz").unlink()
    assert not build.is_built(str(tmp_path))
    (tmp_path / "vmlinuz").write_bytes(b"")
    (tmp_path / build.MANIFEST).write_text('{"fingerprint": "of older sources"}')
    assert not build.is_built(str(tmp_path))


def test_guest_scripts_are_shell():
    for name in build.GUEST_FILES:
        if name != "inittab":
            path = f"{build.HERE}/guest/{name}"
            subprocess.run(["sh", "-n", path], check=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"public_keys": {"k": "ssh-ed25519 AAAA me@x\\n"}}', ["ssh-ed25519 AAAA me@x"]),
        (
            '{"public_keys": {"a": "ssh-rsa A", "b": "ecdsa-sha2-nistp256 B"}, "keys": '
            '[{"name": "a", "type": "ssh", "data": "ssh-rsa A"}]}',
            ["ssh-rsa A", "ecdsa-sha2-nistp256 B"],
        ),
        ('{"meta": {"x": "ssh-rsa not-a-key"}}', []),
    ],
)
def test_the_guest_finds_its_keys(tmp_path, text, expected):
    document = tmp_path / "meta_data.json"
    document.write_text(text)
    script = f'. {build.HERE}/guest/metadata; public_keys "{document}"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == expected
