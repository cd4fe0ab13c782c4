"""What libvirt needs of real threads, also in a process whose threads are eventlet's.

libvirt waits in C. In a threaded process that is nobody else's business. In one that eventlet
patched it would stop every green thread, so calls go to eventlet's pool of native threads, and
callbacks, which libvirt makes from a native thread of its own, are handed over through a pipe.
This module is the only one that looks at eventlet, and only when something patched.
"""

import _thread
import collections
import logging
import os
import select
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

LOG = logging.getLogger(__name__)
T = TypeVar("T")


def is_patched() -> bool:
    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and patcher.is_monkey_patched("thread")


def run(function: Callable[..., T], *args: Any) -> T:
    """Call what may wait in C. ``function`` must not use locks or logs of Python's."""
    if not is_patched():
        return function(*args)
    from eventlet import tpool

    return tpool.execute(function, *args)


def start_native_thread(function: Callable[[], None]) -> None:
    """A thread of the operating system's that never keeps the process alive."""
    if is_patched():
        from eventlet import patcher

        patcher.original("_thread").start_new_thread(function, ())
    else:
        _thread.start_new_thread(function, ())


class Handover:
    """Brings items from native threads to ``consumer``, one after the other, in a thread of
    the process's own kind."""

    def __init__(self, consumer: Callable[[Any], None], name: str) -> None:
        self._consumer = consumer
        self._items: collections.deque[Any] = collections.deque()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._stopped = False
        self._thread.start()

    def put(self, item: Any) -> None:
        """From any thread. Only atomic operations: no lock that eventlet could have replaced."""
        if not self._stopped:
            self._items.append(item)
            os.write(self._writer, b"x")

    def close(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        os.write(self._writer, b"x")
        if threading.current_thread() is not self._thread:
            self._thread.join(5)

    def _work(self) -> None:
        while not self._stopped:
            select.select([self._reader], [], [])
            try:
                os.read(self._reader, 4096)
            except BlockingIOError:
                continue
            while self._items and not self._stopped:
                try:
                    self._consumer(self._items.popleft())
                except Exception:
                    LOG.exception("A listener failed")
        os.close(self._reader)
        os.close(self._writer)
