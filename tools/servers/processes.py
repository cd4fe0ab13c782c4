"""Child processes with a log each: never through systemd, ended by the pid that was started."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO

LOWEST_PORT = 10_000
PORTS_TRIED = 100


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on right now; where the kernel leaves room,
    one that it gives to no connection before its server has started."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first_of_kernel = int(file.read().split()[0])
    ours = range(LOWEST_PORT, first_of_kernel)
    for port in [*random.sample(ours, min(PORTS_TRIED, len(ours))), 0]:
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return int(sock.getsockname()[1])
    raise RuntimeError("no port is free")


def program(name: str, *directories: str) -> str:
    """The path of an installed program, also from ``directories`` (globs) outside PATH."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        for pattern in directories:
            for directory in sorted(pathlib.Path("/").glob(pattern.lstrip("/")), reverse=True):
                if (directory / name).exists():
                    return str(directory / name)
        raise RuntimeError(f"{name} is not installed; `make test` installs what the tests need")
    return found


def wait_until(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until ``ready()``; raise TimeoutError with ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)


class Process:
    """A child process with its output in a file. ``user``: run as, where we are root."""

    def __init__(
        self,
        command: Sequence[str],
        log: pathlib.Path,
        *,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.command = list(command)
        self.log = log
        self._env = dict(env) if env is not None else None
        self._user = user if os.geteuid() == 0 else None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None, "not started"
        return self._child.pid

    def start(self) -> None:
        output: IO[bytes]
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
                cwd=self.log.parent,
                **(
                    {"user": self._user, "group": self._user, "extra_groups": []}
                    if self._user
                    else {}
                ),
            )

    def wait_ready(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Until ``ready()``; fails with the end of the log when the process dies before."""

        def ready_or_dead() -> bool:
            if not self.alive():
                raise RuntimeError(f"{self.command[0]} ended at its start:\n{self.tail()}")
            return ready()

        try:
            wait_until(ready_or_dead, seconds, f"start of {self.command[0]}")
        except TimeoutError as exc:
            raise TimeoutError(f"{exc}\n{self.tail()}") from None

    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self, sig: int = signal.SIGTERM, seconds: float = 20) -> None:
        """Ask it to end; insist after ``seconds``. Nothing happens when it has ended."""
        if self._child is None or not self.alive():
            return
        self._child.send_signal(sig)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL: what a crash looks like."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def tail(self, size: int = 4000) -> str:
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""
