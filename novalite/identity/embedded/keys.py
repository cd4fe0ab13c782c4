"""The keys that sign tokens: files in a directory that only the service's user can read.

Files are named by numbers. The highest is the primary key, which signs. ``0`` is the staged key,
the next primary: every process that shares the directory already knows it when a rotation makes
it primary. All others only verify, until a rotation drops them.
"""

import contextlib
import fcntl
import os
import pathlib
import threading
import time
from collections.abc import Iterator

from cryptography.fernet import Fernet, MultiFernet
from oslo_log import log

LOG = log.getLogger(__name__)

KEPT = 3  # keys after a rotation, the staged one included
RECHECK = 30.0  # seconds between looks at the directory


class KeyRepository:
    """``fernet()`` gives a MultiFernet with the primary key first. Safe for threads."""

    def __init__(self, directory: str) -> None:
        self._directory = pathlib.Path(directory)
        self._lock = threading.Lock()
        self._fernet: MultiFernet | None = None
        self._stamp: tuple[int, ...] = ()
        self._checked = 0.0

    def ensure(self) -> None:
        """Make the directory and its first two keys where they are missing."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._exclusive():
            numbers = self._numbers()
            if 0 not in numbers:  # none yet, or killed in the middle of a rotation
                self._write(0)
            if not any(numbers):
                self._write(1)
        self.reload()

    def fernet(self) -> MultiFernet:
        if self._fernet is None or time.monotonic() - self._checked > RECHECK:
            self._refresh()
        assert self._fernet is not None
        return self._fernet

    def reload(self) -> None:
        self._stamp = ()
        self._refresh()

    def rotate(self) -> None:
        """The staged key becomes primary, a new one is staged, the oldest beyond KEPT go.

        Rotate at most once per token lifetime: a token whose key was dropped is invalid.
        """
        self.ensure()
        with self._exclusive():
            numbers = self._numbers()
            os.rename(self._path(0), self._path(max(numbers) + 1))
            self._write(0)
            spare = sorted(n for n in self._numbers() if n != 0)
            for number in spare[: max(0, len(spare) - (KEPT - 1))]:
                self._path(number).unlink()
        self.reload()

    def _refresh(self) -> None:
        with self._lock:
            stamp = self._current_stamp()
            if self._fernet is None or stamp != self._stamp:
                numbers = sorted(self._numbers(), key=lambda n: (n != 0, n), reverse=True)
                if not numbers:
                    raise RuntimeError(f"no token keys in {self._directory}")
                self._fernet = MultiFernet([Fernet(self._read(n)) for n in numbers])
                self._stamp = stamp
            self._checked = time.monotonic()

    def _current_stamp(self) -> tuple[int, ...]:
        found = self._directory.stat()
        return (found.st_mtime_ns, found.st_ino, *self._numbers())

    def _numbers(self) -> list[int]:
        return sorted(int(p.name) for p in self._directory.iterdir() if p.name.isdigit())

    def _path(self, number: int) -> pathlib.Path:
        return self._directory / str(number)

    def _read(self, number: int) -> bytes:
        path = self._path(number)
        if path.stat().st_mode & 0o077:
            LOG.warning("Token key %s is open to other users; closing it.", path)
            path.chmod(0o600)
        return path.read_bytes().strip()

    def _write(self, number: int) -> None:
        """Whole or not at all: a reader never sees half a key, and a crash leaves none."""
        partial = self._directory / f".{number}.partial"
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        os.rename(partial, self._path(number))

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """One process at a time makes or rotates keys."""
        descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
