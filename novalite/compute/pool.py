"""A bounded pool of threads that are made on demand and leave when they are idle.

Unlike the standard library's executor its threads are daemons, so a hypervisor that hangs
cannot keep a process from ending: what was cut off is found in the database again.
"""

import collections
import logging
import threading
from collections.abc import Callable

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 30.0


class Pool:
    """``size`` 0: no limit. Calls wait in the order in which they came."""

    def __init__(self, name: str, size: int, idle_seconds: float = IDLE_SECONDS) -> None:
        self._name = name
        self._size = size
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._calls: collections.deque[Callable[[], None]] = collections.deque()
        self._threads = 0
        self._idle = 0
        self._started = 0

    def put(self, call: Callable[[], None]) -> None:
        with self._changed:
            self._calls.append(call)
            if self._idle >= len(self._calls):
                self._changed.notify()
            elif not self._size or self._threads < self._size:
                self._threads += 1
                self._started += 1
                threading.Thread(
                    target=self._work, name=f"{self._name}-{self._started}", daemon=True
                ).start()

    def _work(self) -> None:
        try:
            while (call := self._next()) is not None:
                try:
                    call()
                except Exception:
                    LOG.exception("A task of %s failed where it should not", self._name)
        except BaseException:
            with self._changed:
                self._threads -= 1
            raise

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._calls:
                self._idle += 1
                told = self._changed.wait(self._idle_seconds)
                self._idle -= 1
                if not told and not self._calls:
                    self._threads -= 1
                    return None
            return self._calls.popleft()
