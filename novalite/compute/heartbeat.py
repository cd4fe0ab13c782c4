"""Tell the conductor every [DEFAULT]report_interval seconds that this host lives."""

import logging
import threading
from collections.abc import Callable

from novalite.compute.gateway import Gateway
from novalite.context import admin_context
from novalite.exception import NovaliteError
from novalite.objects import Service
from novalite.rpc.compute import TOPIC

LOG = logging.getLogger(__name__)

BINARY = "nova-compute"
SERVICE_VERSION = 1


class Heartbeat:
    """``healthy``: a host whose hypervisor does not answer keeps silent, and so is down.
    A thread of its own, since nothing may hold it up."""

    def __init__(
        self,
        gateway: Gateway,
        interval: float,
        stopping: threading.Event,
        healthy: Callable[[], bool],
    ) -> None:
        self._gateway = gateway
        self._interval = interval
        self._stopping = stopping
        self._healthy = healthy
        self._lost = False
        self._beats = 0
        self.known_before = False
        """Whether the database knew this host before this process came."""
        self._thread = threading.Thread(
            target=self._work, name=f"{gateway.host}-heartbeat", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def beat(self) -> Service | None:
        """One beat; None when it did not get through, which is logged once."""
        try:
            service = self._gateway.heartbeat(admin_context(), BINARY, TOPIC, SERVICE_VERSION)
        except NovaliteError as error:
            if not self._lost:
                LOG.error("No heartbeat gets through: %s", error)
            self._lost = True
            return None
        if self._lost:
            LOG.info("The heartbeat gets through again")
        self._lost = False
        self._beats += 1
        self.known_before = self.known_before or service.report_count >= self._beats
        return service

    def _work(self) -> None:
        while not self._stopping.wait(self._interval):
            try:
                if self._healthy():
                    self.beat()
            except Exception:
                LOG.exception("Heartbeat")
