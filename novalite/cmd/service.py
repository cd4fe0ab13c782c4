"""The life of a process: logging, signals, start, wait, stop in reverse order."""

import contextlib
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Protocol

from oslo_config import cfg
from oslo_log import log

LOG = logging.getLogger(__name__)


class Part(Protocol):
    def start(self) -> None: ...

    def stop(self) -> object: ...


def setup_logging(conf: cfg.ConfigOpts, name: str) -> None:
    """oslo.log on ``conf``; quiet about libraries, and never below what the operator asked."""
    log.set_defaults(
        default_log_levels=[
            *log.get_default_log_levels(),
            "amqp=WARN",
            "oslo.messaging=INFO",
            "cheroot=WARN",
            "alembic=WARN",
            "pyroute2=WARN",
        ]
    )
    log.setup(conf, name)


class Process:
    """Parts started in order and stopped in reverse. ``run`` blocks until SIGTERM or SIGINT.

    A context: whatever was made inside is closed at its end, so that a process whose start fails
    is gone and does not live on in the threads of those parts that were ready.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[str, Part]] = []
        self._closers: list[Callable[[], None]] = []
        self._stop = threading.Event()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        while self._closers:
            with contextlib.suppress(Exception):
                self._closers.pop()()

    def add(self, name: str, part: Part) -> None:
        self._parts.append((name, part))

    def on_exit(self, closer: Callable[[], None]) -> None:
        self._closers.append(closer)

    def stop(self) -> None:
        self._stop.set()

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def run(self, ready: Callable[[], None] | None = None) -> None:
        signal.signal(signal.SIGTERM, self._signalled)
        signal.signal(signal.SIGINT, self._signalled)
        with self.running():
            if ready is not None:
                ready()
            # What start-up made stays for good: no need to look at it again and again. And a
            # list of a thousand servers is no reason to look for cycles dozens of times.
            gc.freeze()
            gc.set_threshold(50_000, 10, 100)
            # A plain wait() would not let a signal handler run under every backend.
            while not self._stop.wait(1.0):
                pass
            LOG.info("stopping")

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        started: list[tuple[str, Part]] = []
        try:
            for name, part in self._parts:
                part.start()
                started.append((name, part))
                LOG.debug("%s started", name)
            yield
        finally:
            for name, part in reversed(started):
                try:
                    part.stop()
                except Exception:
                    LOG.exception("%s did not stop cleanly", name)
            self._close()


def write_pid(path: str) -> None:
    partial = f"{path}.{os.getpid()}"
    with open(partial, "w") as file:
        file.write(f"{os.getpid()}\n")
    os.replace(partial, path)
