"""The data of backups, as files of one directory.

A backup is a directory with ``manifest.json``, which names each chunk of the volume by its hash,
and ``data``, the compressed chunks one after the other. Chunks of zeros are not kept. An
incremental backup keeps only the chunks whose hash its parent does not have at the same place;
the others are read from the parent, or from its parent. What is read back is checked against the
hashes.

A backup is written into a directory of another name and renamed when it is whole.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shutil
import uuid
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from novalite.volume.embedded import qemu_img
from novalite.volume.embedded.backends import Source
from novalite.volume.embedded.errors import BackendFailed

CHUNK_BYTES = 4 << 20
COMPRESSION = 1
VERSION = 1
MANIFEST, DATA, PARTIAL = "manifest.json", "data", ".partial-"
_LOCATION = re.compile(r"^[0-9a-f]{2}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

Chunk = list[Any]
"""[hash, offset in ``data``, length there]; the last two are None when the parent has it. A chunk
of zeros is None."""


@dataclasses.dataclass(slots=True)
class Manifest:
    size: int  # bytes
    chunks: list[Chunk | None]

    @property
    def kept(self) -> int:
        """How many chunks are in this backup itself."""
        return sum(1 for chunk in self.chunks if chunk is not None and chunk[1] is not None)


def location_of(backup_id: str) -> str:
    return f"{backup_id[:2]}/{backup_id}"


class BackupStore:
    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)

    def path(self, location: str) -> str:
        """Raises BackendFailed for what no backup is called."""
        if not _LOCATION.match(location):
            raise BackendFailed(what="backup", reason=f"{location} is no location")
        return os.path.join(self.folder, location)

    # ---- writing ----

    def write(self, location: str, source: Source, parent: str | None = None) -> Manifest:
        """Again is harmless. ``parent`` is the location of the backup before."""
        final = self.path(location)
        self.remove(location)
        before = self.manifest(parent) if parent else None
        os.makedirs(os.path.dirname(final), mode=0o700, exist_ok=True)
        partial = f"{final}{PARTIAL}{uuid.uuid4().hex[:8]}"
        os.mkdir(partial, 0o700)
        try:
            manifest = _write(partial, source, before)
            os.rename(partial, final)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        _sync(os.path.dirname(final))
        return manifest

    def remove(self, location: str) -> None:
        """With what earlier attempts left. Removing what is gone is not an error."""
        final = self.path(location)
        folder, name = os.path.split(final)
        if os.path.isdir(folder):
            for entry in os.listdir(folder):
                if entry == name or entry.startswith(name + PARTIAL):
                    shutil.rmtree(os.path.join(folder, entry))

    # ---- reading ----

    def manifest(self, location: str) -> Manifest:
        """Raises BackendFailed when the backup is not there, or damaged."""
        try:
            with open(os.path.join(self.path(location), MANIFEST)) as file:
                found = json.load(file)
            if found["version"] != VERSION or found["chunk_bytes"] != CHUNK_BYTES:
                raise ValueError("another format")
            return Manifest(int(found["size"]), list(found["chunks"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BackendFailed(what="backup", reason=f"{location}: {error}") from error

    def read(self, locations: Sequence[str], path: str) -> int:
        """Write a backup's content, raw and sparse, to the new file ``path``; its size in bytes.

        ``locations``: of the backup, its parent, that one's parent... Raises BackendFailed when
        what is kept is not what was written.
        """
        manifests = [self.manifest(location) for location in locations]
        size = manifests[0].size
        with contextlib.ExitStack() as stack:
            files = [
                stack.enter_context(open(os.path.join(self.path(each), DATA), "rb"))
                for each in locations
            ]
            output = stack.enter_context(open(path, "xb"))
            output.truncate(size)
            for number, chunk in enumerate(manifests[0].chunks):
                if chunk is not None:
                    output.seek(number * CHUNK_BYTES)
                    output.write(_chunk(files, manifests, number, chunk[0]))
        return size


def _write(folder: str, source: Source, before: Manifest | None) -> Manifest:
    raw = source.path
    temporary = os.path.join(folder, "raw")
    if source.format != "raw":
        qemu_img.copy(source.path, source.format, temporary, "raw")
        raw = temporary
    with open(raw, "rb") as file:
        size = os.lseek(file.fileno(), 0, os.SEEK_END)
        with open(os.path.join(folder, DATA), "xb") as output:
            chunks = list(_kept(file, size, output, before))
            output.flush()
            os.fsync(output.fileno())
    if raw == temporary:
        os.unlink(temporary)
    manifest = Manifest(size, chunks)
    with open(os.path.join(folder, MANIFEST), "x") as text:
        json.dump(
            {"version": VERSION, "chunk_bytes": CHUNK_BYTES, "size": size, "chunks": chunks}, text
        )
        text.flush()
        os.fsync(text.fileno())
    return manifest


def _kept(
    file: BinaryIO, size: int, output: BinaryIO, before: Manifest | None
) -> Iterator[Chunk | None]:
    """What the manifest says of each chunk of ``file``; their data go to ``output``."""
    known = before.chunks if before is not None else []
    offset = 0
    with_data = _data_chunks(file, size)
    wanted = next(with_data, None)
    for number in range(-(-size // CHUNK_BYTES)):
        if wanted != number:
            yield None
            continue
        wanted = next(with_data, None)
        file.seek(number * CHUNK_BYTES)
        data = file.read(CHUNK_BYTES)
        if not data.strip(b"\0"):
            yield None
            continue
        name = hashlib.sha256(data).hexdigest()
        same = known[number] if number < len(known) else None
        if same is not None and same[0] == name:
            yield [name, None, None]
            continue
        packed = zlib.compress(data, COMPRESSION)
        output.write(packed)
        yield [name, offset, len(packed)]
        offset += len(packed)


def _data_chunks(file: BinaryIO, size: int) -> Iterator[int]:
    """The numbers of the chunks that are not all hole, ascending."""
    position, last = 0, -1
    number = file.fileno()
    while position < size:
        try:
            start = os.lseek(number, position, os.SEEK_DATA)
        except OSError:  # only a hole is left
            return
        end = min(os.lseek(number, start, os.SEEK_HOLE), size)
        for chunk in range(max(start // CHUNK_BYTES, last + 1), -(-end // CHUNK_BYTES)):
            yield chunk
            last = chunk
        position = max(end, position + 1)


def _chunk(
    files: Sequence[BinaryIO], manifests: Sequence[Manifest], number: int, name: str
) -> bytes:
    """From the first backup that keeps the chunk itself."""
    for place, manifest in enumerate(manifests):
        chunk = manifest.chunks[number] if number < len(manifest.chunks) else None
        if chunk is None or chunk[0] != name:
            break
        if chunk[1] is not None:
            files[place].seek(chunk[1])
            data = _unpacked(files[place].read(chunk[2]))
            if hashlib.sha256(data).hexdigest() == name:
                return data
            break
    raise BackendFailed(what="backup", reason=f"chunk {number} is damaged or missing")


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, CHUNK_BYTES)
    except zlib.error:
        return b""


def _sync(path: str) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
