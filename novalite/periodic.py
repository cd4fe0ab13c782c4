"""Work that is done again and again on a thread of its own, and outlives every outage."""

import logging
import threading
from collections.abc import Callable, Sequence

from novalite.exception import DependencyUnavailable

LOG = logging.getLogger(__name__)


class Periodic:
    """Calls ``work`` every ``interval`` seconds, and first after each of ``first``.

    A failure is logged when it begins and when it is over, not each time; after one the next
    attempt comes sooner: within a second, then at growing pauses up to ``interval``.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        interval: float,
        first: Sequence[float] = (0.0,),
    ) -> None:
        self._name = name
        self._work = work
        self._interval = interval
        self._first = list(first)
        self._wake = threading.Event()
        self._stopping = False
        self._failures = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End after the call that runs, if any."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def hurry(self) -> None:
        """Call now instead of at the next interval."""
        self._wake.set()

    def _run(self) -> None:
        pause = self._next_pause()
        while not self._stopping:
            self._wake.wait(pause)
            self._wake.clear()
            if self._stopping:
                return
            self._call()
            pause = self._next_pause()

    def _next_pause(self) -> float:
        if self._failures:
            return min(0.5 * 2 ** min(self._failures, 10), self._interval)
        return self._first.pop(0) if self._first else self._interval

    def _call(self) -> None:
        try:
            self._work()
        except DependencyUnavailable as error:
            self._failed("%s waits: %s", error)
        except Exception as error:
            if not self._failures:
                LOG.exception("%s failed", self._name)
            self._failed("%s failed: %s", error)
        else:
            if self._failures:
                LOG.info("%s works again", self._name)
            self._failures = 0

    def _failed(self, text: str, error: Exception) -> None:
        if not self._failures:
            LOG.warning(text, self._name, error)
        self._failures += 1
