"""The connection to libvirtd: opened when needed, and again after it broke."""

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import libvirt

from novalite.exception import HypervisorUnavailable
from novalite.virt.libvirt import native

LOG = logging.getLogger(__name__)
T = TypeVar("T")

KEEPALIVE_SECONDS, KEEPALIVE_MISSES = 5, 5

_loop_lock = threading.Lock()
_loop_started = False


def start_event_loop() -> None:
    """libvirt has one event loop per process, which must exist before the first connection; so
    this is the one thing here that is global."""
    global _loop_started
    with _loop_lock:
        if _loop_started:
            return
        libvirt.virEventRegisterDefaultImpl()
        # The default handler prints every error to stderr; ours are raised.
        libvirt.registerErrorHandler(lambda _context, _error: None, None)
        native.start_native_thread(_loop)
        _loop_started = True


def _loop() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


LifecycleCallback = Callable[[str, int, int], None]
"""(domain uuid, event, detail), called from libvirt's thread."""


class Connection:
    def __init__(self, uri: str, host: str, on_lifecycle: LifecycleCallback | None = None) -> None:
        self._uri = uri
        self._host = host
        self._on_lifecycle = on_lifecycle
        self._lock = threading.Lock()
        self._connection: libvirt.virConnect | None = None

    def run(self, function: Callable[[libvirt.virConnect], T]) -> T:
        """``function(virConnect)``; no libvirt object should leave it.

        Raises HypervisorUnavailable when libvirtd does not answer, libvirtError for all else.
        """
        connection = self._open()
        try:
            return native.run(function, connection)
        except libvirt.libvirtError:
            if native.run(_is_alive, connection):
                raise
            self._drop(connection)
            raise HypervisorUnavailable(host=self._host) from None

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            native.run(_close, connection)

    def _open(self) -> libvirt.virConnect:
        with self._lock:
            if self._connection is not None:
                if native.run(_is_alive, self._connection):
                    return self._connection
                LOG.warning("The connection to libvirt at %s broke; opening another", self._uri)
                native.run(_close, self._connection)
                self._connection = None
            start_event_loop()
            try:
                self._connection = native.run(self._connect)
            except libvirt.libvirtError as error:
                LOG.error("Cannot connect to libvirt at %s: %s", self._uri, error)
                raise HypervisorUnavailable(host=self._host) from error
            return self._connection

    def _connect(self) -> libvirt.virConnect:
        # No credentials to offer, and nobody to ask: without this libvirt prompts on a terminal.
        connection = libvirt.openAuth(self._uri, [[], lambda *_: -1, None], 0)
        connection.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_MISSES)
        if self._on_lifecycle is not None:
            connection.domainEventRegisterAny(
                None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._lifecycle, None
            )
        return connection

    def _lifecycle(
        self, _connection: Any, domain: libvirt.virDomain, event: int, detail: int, _opaque: Any
    ) -> None:
        assert self._on_lifecycle is not None
        self._on_lifecycle(domain.UUIDString(), event, detail)

    def _drop(self, connection: libvirt.virConnect) -> None:
        with self._lock:
            if self._connection is connection:
                self._connection = None
        native.run(_close, connection)


def _is_alive(connection: libvirt.virConnect) -> bool:
    try:
        return bool(connection.isAlive())
    except libvirt.libvirtError:
        return False


def _close(connection: libvirt.virConnect) -> None:
    try:
        connection.close()
    except libvirt.libvirtError:
        pass
