"""Base images: fetched once per host, inspected, shared by all guests, and aged out.

A base is two files: the data, and beside it ``<key>.json``, which says what the data are and
whose time of change is when the base was last asked for. The data appear by a rename and the
description after them: whoever sees a description may use the base, and whatever was cut off
leaves nothing that looks like one. ``key`` is the SHA-1 of the image's id.
"""

import contextlib
import dataclasses
import hashlib
import json
import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from oslo_utils.imageutils import format_inspector

from novalite import disk_images
from novalite.context import RequestContext
from novalite.exception import ImageDownloadFailed, ImageUnacceptable
from novalite.objects import ImageMeta
from novalite.virt.libvirt import qemu_img
from novalite.virt.libvirt.keyed_locks import KeyedLocks

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI

LOG = logging.getLogger(__name__)

# What images call themselves -> what may be found in them. A partitioned or ISO 9660 disk is
# also just bytes.
_RAW = frozenset({"raw", "gpt", "iso"})
DISK_FORMATS = {
    "raw": _RAW,
    "ami": _RAW,
    "iso": frozenset({"iso", "gpt"}),
    "qcow2": frozenset({"qcow2"}),
    # Made qcow2 on this host: libvirt's guests have that or raw disks.
    "vmdk": frozenset({"vmdk"}),
    "vdi": frozenset({"vdi"}),
    "vhd": frozenset({"vhd"}),
    "vhdx": frozenset({"vhdx"}),
}
KERNEL_FORMATS = dict.fromkeys(("aki", "ari", "raw"), _RAW)
SUFFIX = {"qcow2": ".qcow2", "raw": ".img"}
PARTIAL = ".part-"
PARTIAL_MAX_AGE = 86400


@dataclasses.dataclass(frozen=True, slots=True)
class Base:
    """``format``: qcow2 or raw; ``virtual_size`` in bytes, as a guest sees it."""

    key: str
    path: str
    format: str
    virtual_size: int


class ImageCache:
    """``may_link``: whether files may be shared with the image service's store and with guests
    by hard links. Where QEMU runs as a user of its own libvirt gives it the files, which must
    not be the store's then: a guest that broke out of QEMU could change an image for all."""

    def __init__(self, folder: str, image_api: "ImageAPI | None", *, may_link: bool) -> None:
        self._folder = folder
        self._may_link = may_link
        self._images = image_api
        self._locks = KeyedLocks()

    # ---- images ----

    def disk(self, context: RequestContext, image: ImageMeta) -> Base:
        """The image as something a disk can be based on.

        Raises ImageUnacceptable, ImageNotFound, ImageDownloadFailed.
        """
        return self._image(context, image, DISK_FORMATS)

    def kernel(self, context: RequestContext, image: ImageMeta) -> Base:
        """A kernel's or ramdisk's image; raises as ``disk`` does."""
        return self._image(context, image, KERNEL_FORMATS)

    def _image(
        self, context: RequestContext, image: ImageMeta, formats: dict[str, frozenset[str]]
    ) -> Base:
        assert image.id is not None
        declared = image.disk_format or "raw"
        if declared not in formats:
            raise ImageUnacceptable(
                image_id=image.id, reason=f"disk format {declared} is not supported on this host"
            )

        def fill(path: str) -> tuple[str, int]:
            self._fetch(context, image, path)
            name, size = inspect(path, image.id or "", declared, formats[declared])
            if name in SUFFIX:
                return name, size
            return "qcow2", self._convert(path, image.id or "", name)

        return self.made(hashlib.sha1(image.id.encode(), usedforsecurity=False).hexdigest(), fill)

    def _fetch(self, context: RequestContext, image: ImageMeta, path: str) -> None:
        assert self._images is not None
        assert image.id is not None
        local = self._images.local_path(image.id)
        if local is not None:
            self.hand_out(local, path)
            return
        digest = hashlib.md5(usedforsecurity=False)
        with open(path, "wb", opener=_private) as file:
            for chunk in self._images.download(context, image.id):
                digest.update(chunk)
                file.write(chunk)
        # Without it a corrupted or cut download would be a guest's broken disk.
        if image.checksum and digest.hexdigest() != image.checksum:
            raise ImageDownloadFailed(
                image_id=image.id,
                reason=f"checksum {digest.hexdigest()} instead of {image.checksum}",
            )

    def hand_out(self, source: str, path: str) -> None:
        """The same data under another name, as cheaply as is safe."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        if self._may_link:
            try:
                os.link(source, path)
                return
            except OSError:
                pass  # another file system
        copy_file(source, path)

    def _convert(self, path: str, image_id: str, name: str) -> int:
        """Replace a file, which was inspected, by the same disk as qcow2; its virtual size.

        In a folder of its own, where a name that the inspection overlooked leads to nothing.
        """
        file_format = disk_images.QEMU_FORMATS[name]
        with tempfile.TemporaryDirectory(
            dir=self._folder, prefix=f"{os.path.basename(path)}{PARTIAL}"
        ) as room:
            source, target = os.path.join(room, "source"), os.path.join(room, "target")
            os.rename(path, source)
            try:
                real = qemu_img.self_contained_size(source, file_format)
                if real is None:
                    raise ImageUnacceptable(
                        image_id=image_id, reason=f"the {name} image refers to other files"
                    )
                qemu_img.convert(source, file_format, target, "qcow2", most=real)
            except qemu_img.QemuImgFailed as error:
                raise ImageUnacceptable(image_id=image_id, reason=str(error)) from error
            os.chmod(target, 0o600)
            os.rename(target, path)
        return real

    # ---- anything ----

    def made(self, key: str, fill: Callable[[str], tuple[str, int]]) -> Base:
        """The base ``key``; where it is not there yet, ``fill(path)`` writes it and returns
        (format, virtual size). Any number may ask at once: one makes it, the others wait."""
        with self._locks.hold(key):
            base = self._read(key)
            if base is not None:
                os.utime(self._description(key))
                return base
            started = time.monotonic()
            with self._partial(key) as partial:
                file_format, size = fill(partial)
                path = os.path.join(self._folder, key + SUFFIX[file_format])
                os.replace(partial, path)
            base = Base(key, path, file_format, size)
            self._describe(base)
            LOG.info("Base image %s is there after %.3f s", path, time.monotonic() - started)
            return base

    @contextlib.contextmanager
    def _partial(self, key: str) -> Iterator[str]:
        """A new file's name; removed again unless it was renamed."""
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=f"{key}{PARTIAL}")
        os.close(handle)
        try:
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def _description(self, key: str) -> str:
        return os.path.join(self._folder, f"{key}.json")

    def _read(self, key: str) -> Base | None:
        try:
            with open(self._description(key)) as file:
                said = json.load(file)
            base = Base(key, os.path.join(self._folder, said["file"]), said["format"],
                        said["virtual_size"])  # fmt: skip
        except (FileNotFoundError, ValueError, KeyError):
            return None
        return base if os.path.exists(base.path) else None

    def _describe(self, base: Base) -> None:
        said = {
            "file": os.path.basename(base.path),
            "format": base.format,
            "virtual_size": base.virtual_size,
        }
        with self._partial(base.key) as partial:
            with open(partial, "w") as file:
                json.dump(said, file)
            os.replace(partial, self._description(base.key))

    # ---- age ----

    def prune(self, used: Callable[[], Collection[str]], older_than: float) -> list[str]:
        """Remove the bases that no guest uses and nobody asked for in the last ``older_than``
        seconds, and partial files that nobody can still be writing. ``used`` tells the keys in
        use; it is asked under each base's lock, so that a build that is just starting counts.
        Returns the removed keys."""
        now = time.time()
        removed = []
        for name in os.listdir(self._folder):
            path = os.path.join(self._folder, name)
            if PARTIAL in name and _age(path, now) > PARTIAL_MAX_AGE:
                _remove(path)
            elif name.endswith(".json") and _age(path, now) > older_than:
                key = name.removesuffix(".json")
                with self._locks.hold(key):
                    if _age(path, now) > older_than and key not in used():
                        # The description first: without it the data are nobody's.
                        _remove(path)
                        for suffix in SUFFIX.values():
                            _remove(os.path.join(self._folder, key + suffix))
                        removed.append(key)
        for key in removed:
            LOG.info("Base image %s was unused and is removed", key)
        return removed


def inspect(path: str, image_id: str, declared: str, allowed: frozenset[str]) -> tuple[str, int]:
    """(format, virtual size) of an image, found in its bytes and not in what it is called.

    Raises ImageUnacceptable for another format than declared, and for data that would make the
    hypervisor open further files of this host.
    """
    try:
        found = format_inspector.detect_file_format(path)
        name = found.NAME if found is not None else "raw"
        if name not in allowed:
            raise ImageUnacceptable(
                image_id=image_id,
                reason=f"it is declared as {declared}, but its content is {name}",
            )
        if found is None or name in disk_images.PLAIN:
            return "raw", os.path.getsize(path)
        why = disk_images.why_unsafe(found)
        if why is not None:
            raise ImageUnacceptable(image_id=image_id, reason=why)
        return name, found.virtual_size
    except format_inspector.ImageFormatError as error:
        raise ImageUnacceptable(image_id=image_id, reason=str(error)) from error


def copy_file(source: str, path: str) -> None:
    """Without copying any data where the file system can do that, and never a file's holes."""
    command = ["cp", "--reflink=auto", "--sparse=auto", "--", source, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{source} cannot be copied: {done.stderr.strip()}")
    os.chmod(path, 0o600)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _age(path: str, now: float) -> float:
    try:
        return now - os.stat(path).st_mtime
    except FileNotFoundError:
        return 0


def _remove(path: str) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
