"""Volumes as qcow2 files of one directory, with snapshots as a chain of files.

A snapshot freezes the file that was written to until then, and a new file on top of it takes
over::

    volume-A.1 (snapshot 1) <- volume-A.2 (snapshot 2) <- volume-A.3 (the volume)

Files name each other without a directory, so that the store may be moved. A volume that several
servers may write to at once has to be raw: then a snapshot is a copy.
"""

import os
import re
import shutil
import uuid
from collections.abc import Collection

from oslo_config import cfg

from novalite.exception import NotFound
from novalite.volume.embedded import qemu_img
from novalite.volume.embedded.backends import GIB, Removal, Source, Step
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.errors import BackendFailed

OURS = re.compile(r"^volume-[0-9a-f-]{36}\.[0-9a-f]{12}\.(qcow2|raw)$")
RELEASED = re.compile(r"^volume-[0-9a-f-]{36}(\.raw)?$")
FILE_MODE = 0o660


class Qcow2Backend:
    name = "qcow2"
    storage_protocol = "file"
    live_snapshots = True

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.folder = os.path.abspath(conf.embedded.volume_store)

    def prepare(self) -> None:
        os.makedirs(self.folder, mode=0o755, exist_ok=True)

    def format_of(self, *, multiattach: bool) -> str:
        return "raw" if multiattach else "qcow2"

    def path(self, location: str) -> str:
        return os.path.join(self.folder, location)

    # ---- volumes ----

    def create(self, volume_id: str, file_format: str, size: int) -> str:
        location = self.new_location(volume_id, file_format)
        qemu_img.create(self.path(location), file_format, size * GIB)
        return self._made(location)

    def create_from(self, volume_id: str, file_format: str, size: int, source: Source) -> str:
        location = self.new_location(volume_id, file_format)
        path = self.path(location)
        try:
            qemu_img.copy(source.path, source.format, path, file_format)
            if qemu_img.info(path, file_format)["virtual-size"] != size * GIB:
                qemu_img.resize(path, file_format, size * GIB)
        except BaseException:
            self.remove(location)
            raise
        return self._made(location)

    def clone(self, volume_id: str, file_format: str, size: int, location: str, form: str) -> str:
        return self.create_from(volume_id, file_format, size, self.source(location, form))

    def _made(self, location: str) -> str:
        path = self.path(location)
        os.chmod(path, FILE_MODE)
        _sync(path)
        _sync(self.folder)
        return location

    def source(self, location: str, file_format: str) -> Source:
        return Source(self.path(location), file_format)

    def size_of(self, location: str, file_format: str) -> int:
        return int(qemu_img.info(self.path(location), file_format)["virtual-size"])

    def extend(self, location: str, file_format: str, size: int) -> None:
        if self.size_of(location, file_format) < size * GIB:
            qemu_img.resize(self.path(location), file_format, size * GIB)

    # ---- snapshots ----

    def snapshot(self, volume: Row, snapshot_id: str) -> tuple[str, str]:
        active, file_format = volume["location"], volume["format"]
        if file_format == "raw":
            copy = self.new_location(volume["id"], "raw")
            qemu_img.copy(self.path(active), "raw", self.path(copy), "raw")
            return self._made(copy), active
        overlay = self.new_location(volume["id"], "qcow2")
        size = volume["size"] * GIB
        qemu_img.create_overlay(self.path(overlay), active, "qcow2", size)
        return active, self._made(overlay)

    def remove_snapshot(self, volume: Row, snapshot: Row, others: list[Row]) -> Removal:
        gone = snapshot["location"]
        if snapshot["format"] == "raw":
            return Removal(unused=(gone,))
        child = self._child(volume, gone, others)
        if child is None:
            return Removal(unused=(gone,))
        base = self._base(gone)
        if not volume["in_use"] or not self.in_chain(volume, gone):
            if self._base(child) == gone:
                qemu_img.rebase(self.path(child), base, "qcow2")
            return Removal(unused=(gone,))
        if child == volume["location"]:
            # the server reads what the snapshot has into the file that it writes to
            return Removal(unused=(gone,), merge=Step(base, None))
        # the next snapshot's data goes into this one's file, which the next one then has
        (taker,) = (each["id"] for each in others if each["location"] == child)
        merged = self._child(volume, child, others) is None
        step = None if merged else Step(child, gone)
        return Removal(moved={taker: gone}, unused=(child,), merge=step)

    def finish_merge(self, volume: Row, snapshot: Row, removal: Removal, others: list[Row]) -> None:
        """Do here what no server did. QEMU's locks keep this away from files that are in use."""
        gone, step = snapshot["location"], removal.merge
        assert step is not None
        if step.merge_target_file is None:
            if self._base(volume["location"]) == gone:
                qemu_img.rebase(self.path(volume["location"]), self._base(gone), "qcow2")
            return
        assert step.file_to_merge is not None
        above = self._child(volume, step.file_to_merge, others)
        if above is not None:
            qemu_img.commit(self.path(step.file_to_merge), self.path(gone))
            qemu_img.rename_base(self.path(above), gone, "qcow2")

    def in_chain(self, volume: Row, location: str) -> bool:
        """Whether the volume's file stands on ``location``."""
        current: str | None = volume["location"]
        while current is not None:
            if current == location:
                return True
            current = self._base(current)
        return False

    def revert(self, volume: Row, snapshot: Row) -> str:
        location = self.new_location(volume["id"], volume["format"])
        path = self.path(location)
        if snapshot["format"] == "raw":
            qemu_img.copy(self.path(snapshot["location"]), "raw", path, "raw")
            qemu_img.resize(path, "raw", volume["size"] * GIB)
        else:
            size = volume["size"] * GIB
            qemu_img.create_overlay(path, snapshot["location"], "qcow2", size)
        return self._made(location)

    def _base(self, location: str) -> str | None:
        try:
            found = qemu_img.info(self.path(location), "qcow2").get("backing-filename")
        except BackendFailed:
            if os.path.exists(self.path(location)):
                raise
            return None
        return os.path.basename(found) if found else None

    def _child(self, volume: Row, location: str, others: list[Row]) -> str | None:
        """The file that stands on ``location``."""
        candidates = [each["location"] for each in others] + [volume["location"]]
        for candidate in candidates:
            if candidate and candidate != location and self._base(candidate) == location:
                return str(candidate)
        return None

    # ---- names ----

    def remove(self, location: str) -> None:
        try:
            os.unlink(self.path(location))
        except FileNotFoundError:
            pass

    def new_location(self, volume_id: str, file_format: str) -> str:
        return f"volume-{volume_id}.{uuid.uuid4().hex[:12]}.{file_format}"

    def released_name(self, volume_id: str, file_format: str) -> str:
        return f"volume-{volume_id}" + (".raw" if file_format == "raw" else "")

    def format_named(self, name: str) -> str:
        """Never by the content, which is a guest's to write."""
        return "raw" if name.endswith(".raw") else "qcow2"

    def exists(self, location: str) -> bool:
        return os.path.isfile(self.path(location))

    def rename(self, old: str, new: str) -> None:
        try:
            os.rename(self.path(old), self.path(new))
        except FileNotFoundError:
            raise NotFound(f"There is no file {old}.") from None
        _sync(self.folder)

    def adoptable(self, known: Collection[str]) -> list[tuple[str, int]]:
        found = []
        for name in sorted(os.listdir(self.folder)):
            if RELEASED.match(name) and name not in known:
                path = self.path(name)
                size = qemu_img.info(path, self.format_named(name))["virtual-size"]
                found.append((name, int(size)))
        return found

    def leftovers(self, known: Collection[str]) -> list[str]:
        """Not what a server writes to, or what a volume stands on, whatever the rows say: better
        a file too many."""
        names = {name for name in os.listdir(self.folder) if OURS.match(name)}
        found = {
            name
            for name in names - set(known)
            if not qemu_img.is_written_to(self.path(name), self.format_named(name))
        }
        if found:
            for name in names - found:
                found.difference_update(self._chain(name))
        return sorted(found)

    def _chain(self, location: str) -> list[str]:
        """What a file stands on."""
        chain: list[str] = []
        base = self._base(location) if location.endswith(".qcow2") else None
        while base is not None and base not in chain:
            chain.append(base)
            base = self._base(base)
        return chain

    # ---- use ----

    def connection(self, location: str, file_format: str) -> tuple[str, Row]:
        return "file", {"device_path": self.path(location), "format": file_format}

    def capacity(self) -> tuple[float, float]:
        usage = shutil.disk_usage(self.folder)
        return round(usage.total / GIB, 2), round(usage.free / GIB, 2)


def _sync(path: str) -> None:
    """A row must not name what a loss of power would lose."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
