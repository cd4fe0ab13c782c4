"""Base images: fetched once, whole or not at all, inspected, aged out."""

import hashlib
import os
import shutil
import struct
import threading
import time

import pytest

from novalite.context import admin_context
from novalite.exception import ImageDownloadFailed, ImageUnacceptable
from novalite.objects import ImageMeta
from novalite.virt.libvirt.image_cache import ImageCache

IMAGE_ID = "3d6c6a8c-0000-4000-8000-000000000001"
KEY = hashlib.sha1(IMAGE_ID.encode()).hexdigest()


def qcow2(size: int = 1 << 20, *, backing: bool = False, features: int = 0) -> bytes:
    """A qcow2 v3 header, as much of the format as is looked at."""
    name = b"/etc/shadow"
    head = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        b"QFI\xfb", 3, 512 if backing else 0, len(name) if backing else 0, 16, size, 0, 1,
        196608, 65536, 1, 0, 0, features, 0, 0, 4, 104,
    )  # fmt: skip
    return (head.ljust(512, b"\0") + name).ljust(262144, b"\0")


class Images:
    def __init__(self, content: bytes, *, local=None) -> None:
        self.content = content
        self.local = local
        self.downloads = 0
        self.gate = threading.Event()
        self.gate.set()
        self.fail_after = None

    def local_path(self, image_id):
        return self.local

    def download(self, context, image_id):
        self.downloads += 1
        self.gate.wait(10)
        for start in range(0, len(self.content), 65536):
            if self.fail_after is not None and start >= self.fail_after:
                raise OSError("connection lost")
            yield self.content[start : start + 65536]


def image(disk_format="qcow2", **changes) -> ImageMeta:
    return ImageMeta(id=IMAGE_ID, disk_format=disk_format, **changes)


def cache_in(folder, images, *, may_link=True):
    return ImageCache(str(folder), images, may_link=may_link)


def get(cache, meta):
    return cache.disk(admin_context(), meta)


def test_fetched_once_and_found_again(tmp_path):
    images = Images(qcow2(5 << 20))
    meta = image(checksum=hashlib.md5(images.content).hexdigest())
    base = get(cache_in(tmp_path, images), meta)
    assert base.path == str(tmp_path / f"{KEY}.qcow2")
    assert (base.format, base.virtual_size) == ("qcow2", 5 << 20)
    assert (tmp_path / f"{KEY}.qcow2").read_bytes() == images.content
    assert os.stat(base.path).st_mode & 0o077 == 0
    # another process, later
    assert get(cache_in(tmp_path, images), meta) == base
    assert images.downloads == 1
    assert sorted(os.listdir(tmp_path)) == [f"{KEY}.json", f"{KEY}.qcow2"]


def test_many_wait_for_one_download(tmp_path):
    images = Images(qcow2())
    images.gate.clear()
    cache = cache_in(tmp_path, images)
    found = []
    threads = [threading.Thread(target=lambda: found.append(get(cache, image()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    images.gate.set()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8 and len(set(found)) == 1
    assert images.downloads == 1


def test_a_cut_download_leaves_nothing_and_is_tried_again(tmp_path):
    images = Images(qcow2())
    images.fail_after = 65536
    cache = cache_in(tmp_path, images)
    with pytest.raises(OSError, match="connection lost"):
        get(cache, image())
    assert os.listdir(tmp_path) == []
    images.fail_after = None
    assert get(cache, image()).format == "qcow2"


def test_a_killed_download_is_not_taken_for_an_image(tmp_path):
    """As after a kill -9: data without their description."""
    (tmp_path / f"{KEY}.qcow2").write_bytes(b"half")
    images = Images(qcow2())
    base = get(cache_in(tmp_path, images), image())
    assert images.downloads == 1
    assert (tmp_path / f"{KEY}.qcow2").read_bytes() == images.content
    assert base.virtual_size == 1 << 20


def test_a_wrong_checksum_is_refused(tmp_path):
    cache = cache_in(tmp_path, Images(qcow2()))
    with pytest.raises(ImageDownloadFailed, match="checksum"):
        get(cache, image(checksum="0" * 32))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "disk_format", "message"),
    [
        (qcow2(backing=True), "qcow2", "backing file"),
        (qcow2(features=4), "qcow2", "external data file"),
        (qcow2(features=1 << 40), "qcow2", "not known to be safe"),
        (qcow2(), "raw", "declared as raw, but its content is qcow2"),
        (qcow2(), "ami", "its content is qcow2"),
        (qcow2(), "iso", "its content is qcow2"),
        (b"\0" * 262144, "qcow2", "its content is raw"),
        (b"\0" * 262144, "vmdk", "its content is raw"),
        (b"\0" * 262144, "ploop", "ploop is not supported"),
        (b"KDMV" + b"\0" * 262140, "raw", "KDMV|vmdk"),
    ],
)
def test_unacceptable_images(tmp_path, content, disk_format, message):
    cache = cache_in(tmp_path, Images(content))
    with pytest.raises(ImageUnacceptable, match=message):
        get(cache, image(disk_format))
    assert os.listdir(tmp_path) == []


def test_raw_images_are_their_bytes(tmp_path):
    content = b"\0" * 510 + b"\x55\xaa" + b"\0" * 99488
    base = get(cache_in(tmp_path, Images(content)), image("raw"))
    assert (base.format, base.virtual_size) == ("raw", 100000)
    assert base.path.endswith(".img")


def test_kernels_are_no_disks(tmp_path):
    cache = cache_in(tmp_path, Images(b"\0" * 510 + b"\x55\xaa"))
    with pytest.raises(ImageUnacceptable):
        get(cache, image("aki"))
    assert cache.kernel(admin_context(), image("aki")).format == "raw"


def test_a_local_file_is_linked(tmp_path):
    store, folder = tmp_path / "store", tmp_path / "base"
    store.write_bytes(qcow2())
    folder.mkdir()
    images = Images(b"", local=str(store))
    base = get(cache_in(folder, images), image())
    assert os.path.samefile(base.path, store)
    assert images.downloads == 0
    # Refusing an image does not touch the store's file.
    store2 = tmp_path / "store2"
    store2.write_bytes(qcow2(backing=True))
    other = ImageMeta(id="other", disk_format="qcow2")
    with pytest.raises(ImageUnacceptable):
        get(cache_in(folder, Images(b"", local=str(store2))), other)
    assert store2.exists()


def test_a_local_file_is_copied_where_it_cannot_be_linked(tmp_path, monkeypatch):
    def no_link(*_):
        raise OSError("cross-device link")

    store = tmp_path / "store"
    store.write_bytes(qcow2())
    folder = tmp_path / "base"
    folder.mkdir()
    monkeypatch.setattr(os, "link", no_link)
    base = get(cache_in(folder, Images(b"", local=str(store))), image())
    assert not os.path.samefile(base.path, store)
    with open(base.path, "rb") as file:
        assert file.read() == store.read_bytes()


def test_a_local_file_is_copied_where_qemu_would_own_it(tmp_path):
    store = tmp_path / "store"
    store.write_bytes(qcow2())
    folder = tmp_path / "base"
    folder.mkdir()
    cache = cache_in(folder, Images(b"", local=str(store)), may_link=False)
    base = get(cache, image())
    assert os.stat(base.path).st_nlink == store.stat().st_nlink == 1
    assert store.read_bytes() == qcow2()


def test_prune(tmp_path):
    images = Images(qcow2())
    cache = cache_in(tmp_path, images)
    old = get(cache, ImageMeta(id="old", disk_format="qcow2"))
    used = get(cache, ImageMeta(id="used", disk_format="qcow2"))
    young = get(cache, ImageMeta(id="young", disk_format="qcow2"))
    partial, fresh = tmp_path / "x.part-1", tmp_path / "x.part-2"
    for path in (partial, fresh):
        path.write_bytes(b"")
    past = time.time() - 200000
    os.utime(partial, (past, past))
    for base in (old, used):
        os.utime(tmp_path / f"{base.key}.json", (past, past))

    assert cache.prune(lambda: {used.key}, 86400) == [old.key]
    left = set(os.listdir(tmp_path))
    assert not any(old.key in name for name in left)
    assert {f"{base.key}.qcow2" for base in (used, young)} < left
    assert partial.name not in left and fresh.name in left

    # To ask for a base makes it young again.
    get(cache, ImageMeta(id="used", disk_format="qcow2"))
    assert cache.prune(set, 86400) == []


def test_anything_can_be_a_base(tmp_path):
    def fill(path):
        shutil.copyfile("/dev/null", path)
        return "raw", 0

    cache = cache_in(tmp_path, None)
    assert cache.made("swap-7", fill) == cache.made("swap-7", lambda _: pytest.fail("made twice"))
