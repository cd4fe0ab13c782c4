"""What of the host a test has for itself, whoever else runs tests on it at the same time: workers
of one run, or other runs. The locks end with the process that holds them."""

import contextlib
import fcntl
import pathlib
import random
import string
from collections.abc import Callable, Iterator
from typing import IO

# QEMU may run as another user, who cannot pass through pytest's own directories.
BASE = pathlib.Path("/var/tmp/novalite-tests")
TRIES = 1000


def open_lock(name: str) -> IO[bytes]:
    """A file below BASE to hold an flock on."""
    path = BASE / "locks" / name
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    return path.open("ab")


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """One at a time on this host."""
    with open_lock(name) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def taken(file: IO[bytes], kind: int = fcntl.LOCK_EX) -> bool:
    """Whether the lock could be had at once."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Claims:
    """Names and ranges that nobody else has until ``release``."""

    def __init__(self) -> None:
        self._held: list[IO[bytes]] = []

    def prefix(self, first: str) -> str:
        """For ``[embedded]device_prefix``: three letters that begin with ``first``."""
        letters = string.ascii_lowercase
        return self._one("prefix", lambda: first + "".join(random.choices(letters, k=2)))

    def octets(self, pattern: str, low: int = 0, high: int = 254) -> str:
        """``pattern`` with a number from ``low`` to ``high`` in place of each ``{}``; for the
        first three octets of a network of 256 addresses."""
        count = pattern.count("{}")
        return self._one(
            "octets", lambda: pattern.format(*(random.randint(low, high) for _ in range(count)))
        )

    def _one(self, kind: str, candidate: Callable[[], str]) -> str:
        for _ in range(TRIES):
            name = candidate()
            file = open_lock(f"{kind}-{name}")
            if taken(file):
                self._held.append(file)
                return name
            file.close()
        raise RuntimeError(f"no {kind} like {candidate()} is free")

    def join(self, other: "Claims") -> None:
        """Hold what ``other`` held."""
        self._held += other._held
        other._held = []

    def release(self) -> None:
        while self._held:
            self._held.pop().close()
