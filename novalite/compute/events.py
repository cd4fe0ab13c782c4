"""Lifecycle events of the driver: a guest stopped, started, crashed, maybe by itself.

An event only says where to look; what is then compared is the row and the guest as they are.
"""

import logging
import queue
import threading
from collections.abc import Callable

from novalite.compute.running import Register
from novalite.virt.driver import LifecycleEvent

LOG = logging.getLogger(__name__)


class LifecycleEvents:
    """``look``: compares one instance. Runs in a thread of its own, so that the driver's
    event thread is never held up."""

    def __init__(self, register: Register, look: Callable[[str], None], host: str) -> None:
        self._register = register
        self._look = look
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name=f"{host}-events", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._queue.put(None)

    def __call__(self, event: LifecycleEvent) -> None:
        """The listener. What happens to an instance under a task of ours is our own doing."""
        if not self._register.busy(event.instance_uuid):
            self._queue.put(event.instance_uuid)

    def _work(self) -> None:
        while (instance_uuid := self._queue.get()) is not None:
            try:
                self._look(instance_uuid)
            except Exception:
                LOG.exception("Lifecycle event of instance %s", instance_uuid)
