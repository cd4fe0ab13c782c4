"""dnsmasq processes inside namespaces, one for each key (a network or a router).

They are daemons of their own: they outlive this process, so that guests keep their leases while
it is down, and they are found again by their pid files.
"""

import contextlib
import os
import pwd
import shutil
import signal
import time
from collections.abc import Mapping

from novalite.network.embedded.plane import netns
from novalite.network.embedded.plane.commands import SEARCH_PATH, read, run, write_atomically

UNPRIVILEGED = "nobody"
STOP_TIMEOUT = 5.0


class Dnsmasq:
    """``base``: directory with one subdirectory per key."""

    def __init__(self, base: str) -> None:
        self.base = base

    def directory(self, key: str) -> str:
        return f"{self.base}/{key}"

    def user(self, key: str) -> str:
        """Whom the process may become. Makes the directory."""
        directory = self.directory(key)
        os.makedirs(directory, mode=0o755, exist_ok=True)
        return UNPRIVILEGED if _reachable_for_all(directory) and _exists(UNPRIVILEGED) else "root"

    def ensure(self, key: str, space: str, configuration: str, files: Mapping[str, str]) -> None:
        """Running in the namespace ``space``. What changes seldom (``configuration``) is a
        restart, ``files`` (name -> text, which it reads again) are a signal, no change is
        nothing. Raises DependencyUnavailable."""
        directory = self.directory(key)
        os.makedirs(directory, mode=0o755, exist_ok=True)
        changed = _write_if_new(f"{directory}/dnsmasq.conf", configuration)
        news = [_write_if_new(f"{directory}/{name}", text) for name, text in files.items()]
        pid = self.pid(key)
        if pid is not None and not changed:
            if any(news):
                _signal(pid, signal.SIGHUP)
            return
        if pid is not None:
            self._stop(pid)
        self._start(key, space)

    def _start(self, key: str, space: str) -> None:
        program = shutil.which("dnsmasq", path=f"{os.environ.get('PATH', '')}:{SEARCH_PATH}")
        # returns when the daemon listens
        run(
            [
                "nsenter",
                f"--net={netns.path_of(space)}",
                program or "dnsmasq",
                f"--conf-file={self.directory(key)}/dnsmasq.conf",
            ]
        )

    def _stop(self, pid: int) -> None:
        _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        while _command_line(pid):
            if time.monotonic() > deadline:
                _signal(pid, signal.SIGKILL)
                return
            time.sleep(0.005)

    def pid(self, key: str) -> int | None:
        """Of the running process: a pid file may be old, and the number somebody else's."""
        directory = self.directory(key)
        text = read(f"{directory}/pid")
        if not text or not text.isdecimal():
            return None
        expected = f"--conf-file={directory}/dnsmasq.conf"
        return int(text) if expected in _command_line(int(text)) else None

    def remove(self, key: str) -> None:
        pid = self.pid(key)
        if pid is not None:
            self._stop(pid)
        shutil.rmtree(self.directory(key), ignore_errors=True)

    def known(self) -> list[str]:
        """Keys that have, or had, a process of ours."""
        try:
            return sorted(os.listdir(self.base))
        except FileNotFoundError:
            return []


def _write_if_new(path: str, text: str) -> bool:
    try:
        with open(path) as file:
            if file.read() == text:
                return False
    except OSError:
        pass
    write_atomically(path, text)
    return True


def _command_line(pid: int) -> list[str]:
    """Empty for a process that is gone, or dead and not yet buried."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _reachable_for_all(directory: str) -> bool:
    """Whether an unprivileged process may read files there: dnsmasq gives up root before it
    reads its hosts again."""
    path = os.path.abspath(directory)
    while True:
        if not os.stat(path).st_mode & 0o001:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)
