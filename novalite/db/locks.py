"""A lock for writers of one SQLite file: first come, first served, but cheap when nobody waits.

SQLite's own busy handler polls, so that under load an unlucky thread waits for seconds. Strict
hand-over would be fair but slow (each release then costs a thread switch). So a thread that
comes just as the lock becomes free may take it, until the first in the queue has waited for
``PATIENCE`` seconds: then the lock is handed to that one directly.
"""

import collections
import threading
import time

PATIENCE = 0.02


class _Waiter:
    """``gate`` is locked while the thread is to sleep; ``woken``: it was opened and the thread
    has not looked yet; ``owns``: the lock was handed to it. All guarded by the lock's mutex."""

    __slots__ = ("gate", "owns", "since", "woken")

    def __init__(self) -> None:
        self.gate = threading.Lock()
        self.gate.acquire()
        self.since = time.monotonic()
        self.owns = False
        self.woken = False

    def wake(self) -> None:
        if not self.woken:
            self.woken = True
            self.gate.release()


class FairLock:
    """A context manager. Not reentrant."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._held = False
        self._queue: collections.deque[_Waiter] = collections.deque()

    def acquire(self) -> None:
        with self._mutex:
            if not self._held and not self._first_is_impatient():
                self._held = True
                return
            waiter = _Waiter()
            self._queue.append(waiter)
        while True:
            waiter.gate.acquire()
            with self._mutex:
                waiter.woken = False
                if waiter.owns:
                    return
                if not self._held:
                    self._held = True
                    self._queue.remove(waiter)
                    return

    def release(self) -> None:
        with self._mutex:
            if self._first_is_impatient():
                waiter = self._queue.popleft()
                waiter.owns = True
                waiter.wake()
                return
            self._held = False
            if self._queue:
                self._queue[0].wake()

    def _first_is_impatient(self) -> bool:
        return bool(self._queue) and time.monotonic() - self._queue[0].since > PATIENCE

    def __enter__(self) -> "FairLock":
        self.acquire()
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()
