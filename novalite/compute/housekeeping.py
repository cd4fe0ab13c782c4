"""The periodic work of a host, one thing after the other in one thread."""

import dataclasses
import logging
import threading
from collections.abc import Callable

from novalite.clock import Clock
from novalite.exception import DependencyUnavailable

LOG = logging.getLogger(__name__)

RETRY_SECONDS = 2.0
"""How soon a chore that met an unavailable neighbour is tried again."""


@dataclasses.dataclass(slots=True)
class Chore:
    """``call`` answers None, or after how many seconds it wants to be called again; else
    ``interval`` seconds pass. It is due at once."""

    name: str
    interval: float
    call: Callable[[], float | None]
    due: float = 0.0
    failing: bool = False


class Housekeeping:
    def __init__(self, name: str, clock: Clock, stopping: threading.Event) -> None:
        self._clock = clock
        self._stopping = stopping
        self._chores: list[Chore] = []
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def add(self, name: str, interval: float, call: Callable[[], float | None]) -> None:
        self._chores.append(Chore(name, interval, call, due=self._clock.monotonic()))

    def start(self) -> None:
        if self._chores:
            self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait for the chore that runs, after ``stopping`` was set."""
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _work(self) -> None:
        while not self._stopping.is_set():
            chore = min(self._chores, key=lambda c: c.due)
            wait = chore.due - self._clock.monotonic()
            if wait > 0 and self._stopping.wait(wait):
                return
            chore.due = self._clock.monotonic() + self._do(chore)

    @staticmethod
    def _do(chore: Chore) -> float:
        """Seconds until it is due again."""
        try:
            soon = chore.call()
        except DependencyUnavailable as error:
            if not chore.failing:
                LOG.warning("%s waits: %s", chore.name, error)
            chore.failing = True
            return min(RETRY_SECONDS, chore.interval)
        except Exception:
            LOG.exception("%s failed", chore.name)
            return chore.interval
        chore.failing = False
        return chore.interval if soon is None else soon
