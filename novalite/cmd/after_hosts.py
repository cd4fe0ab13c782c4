"""The order of an all-in-one's start: hosts first, then whoever gives them work."""

import logging
import threading
from collections.abc import Sequence
from typing import Protocol

LOG = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds that are given to the hosts; a hypervisor that does not answer must not stop the rest."""


class Host(Protocol):
    def wait_until_ready(self, timeout: float) -> bool: ...


class Conductor(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


class ConductorAfterHosts:
    """A part that starts the conductor's own work when the hosts of this process are up.

    After a long outage every host is down in the database; builds that were promised before it
    would end with "no compute hosts" a moment before there are some. What arrives meanwhile
    waits in the conductor's queue.
    """

    def __init__(self, conductor: Conductor, hosts: Sequence[Host]) -> None:
        self._conductor = conductor
        self._hosts = hosts
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._begun = False

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="conductor-start", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        waited = 0.0
        for host in self._hosts:
            while not self._stopping.is_set() and not host.wait_until_ready(1.0):
                waited += 1.0
                if waited >= PATIENCE:
                    LOG.warning("not all hosts are up after %d s; work begins without them", waited)
                    break
        if not self._stopping.is_set():
            self._begun = True
            self._conductor.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        if self._begun:
            self._conductor.stop()
