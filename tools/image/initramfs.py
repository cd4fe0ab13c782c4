"""A root file system in memory, written as a "newc" cpio archive: no root needed, and the same
bytes from the same files."""

import dataclasses
import gzip
import stat
from collections.abc import Iterator


@dataclasses.dataclass(slots=True)
class Entry:
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


class Tree:
    """Paths are relative, without a leading slash."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def folder(self, path: str, mode: int = 0o755) -> None:
        parent = path.rpartition("/")[0]
        if parent and parent not in self.entries:
            self.folder(parent)
        self.entries.setdefault(path, Entry(stat.S_IFDIR | mode))

    def _add(self, path: str, entry: Entry) -> None:
        parent = path.rpartition("/")[0]
        if parent:
            self.folder(parent)
        self.entries[path] = entry

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self._add(path, Entry(stat.S_IFREG | mode, data))

    def link(self, path: str, target: str) -> None:
        self._add(path, Entry(stat.S_IFLNK | 0o777, target.encode()))

    def character_device(self, path: str, major: int, minor: int, mode: int = 0o600) -> None:
        self._add(path, Entry(stat.S_IFCHR | mode, device=(major, minor)))

    def _records(self) -> Iterator[bytes]:
        for number, (path, entry) in enumerate(self.entries.items(), 1):
            yield _header(number, path, entry)
            yield entry.data + b"\0" * (-len(entry.data) % 4)
        yield _header(0, "TRAILER!!!", Entry(0))

    def packed(self) -> bytes:
        """Compressed, as the kernel takes it."""
        return gzip.compress(b"".join(self._records()), compresslevel=9, mtime=0)


def _header(number: int, path: str, entry: Entry) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (
        number, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, *entry.device, len(name), 0,
    )  # fmt: skip
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return head + b"\0" * (-len(head) % 4)
