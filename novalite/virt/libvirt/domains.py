"""What is asked of libvirt about single guests. Nothing of libvirt's own leaves this module."""

import logging
import time
from collections.abc import Callable

import libvirt

from novalite import states
from novalite.virt.driver import GuestInfo
from novalite.virt.libvirt import guest_xml
from novalite.virt.libvirt.connection import Connection

LOG = logging.getLogger(__name__)

POLL_SECONDS = 0.1
ASK_AGAIN_SECONDS = 10
"""A guest that is still booting does not hear the first press of its power button."""

_POWER_STATES = {
    libvirt.VIR_DOMAIN_NOSTATE: states.NOSTATE,
    libvirt.VIR_DOMAIN_RUNNING: states.RUNNING,
    libvirt.VIR_DOMAIN_BLOCKED: states.RUNNING,
    libvirt.VIR_DOMAIN_PAUSED: states.POWER_PAUSED,
    # On its way down: not there yet.
    libvirt.VIR_DOMAIN_SHUTDOWN: states.RUNNING,
    libvirt.VIR_DOMAIN_SHUTOFF: states.SHUTDOWN,
    libvirt.VIR_DOMAIN_CRASHED: states.CRASHED,
    libvirt.VIR_DOMAIN_PMSUSPENDED: states.POWER_SUSPENDED,
}
_GONE = {libvirt.VIR_ERR_NO_DOMAIN}
_NOT_RUNNING = {libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN}
_UNDEFINE_FLAGS = (
    libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
    | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
)
DESTROY_TRIES = 3


class Domains:
    """``owner``: the mark in a domain's metadata by which this compute service knows its own;
    other domains of the host are left alone."""

    def __init__(self, connection: Connection, owner: str) -> None:
        self._connection = connection
        self._owner = owner

    def uuids(self) -> list[str]:
        def ask(connection: libvirt.virConnect) -> list[str]:
            return [
                domain.UUIDString()
                for domain in connection.listAllDomains()
                if _owner_of(domain) == self._owner
            ]

        return self._connection.run(ask)

    def info(self, uuid: str) -> GuestInfo | None:
        """None when there is no such domain."""

        def ask(connection: libvirt.virConnect) -> GuestInfo | None:
            domain = _lookup(connection, uuid)
            if domain is None:
                return None
            try:
                state, number = domain.state()[0], domain.ID()
            except libvirt.libvirtError as error:
                _raise_unless(error, _GONE)
                return None
            return GuestInfo(
                _POWER_STATES.get(state, states.NOSTATE), None if number < 0 else number
            )

        return self._connection.run(ask)

    def is_active(self, uuid: str) -> bool:
        info = self.info(uuid)
        return info is not None and info.power_state not in (states.SHUTDOWN, states.CRASHED)

    def xml(self, uuid: str) -> str | None:
        """The persistent definition, with what only an administrator may see."""

        def ask(connection: libvirt.virConnect) -> str | None:
            domain = _lookup(connection, uuid)
            if domain is None:
                return None
            flags = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
            text: str = domain.XMLDesc(flags)
            return text

        return self._connection.run(ask)

    def running_xml(self, uuid: str) -> str | None:
        """Of the guest as it runs; None when it does not."""

        def ask(connection: libvirt.virConnect) -> str | None:
            domain = _lookup(connection, uuid)
            if domain is None or not domain.isActive():
                return None
            text: str = domain.XMLDesc()
            return text

        return self._connection.run(ask)

    def name_is_taken(self, name: str, uuid: str) -> bool:
        """By another domain than ``uuid``."""

        def ask(connection: libvirt.virConnect) -> bool:
            try:
                return bool(connection.lookupByName(name).UUIDString() != uuid)
            except libvirt.libvirtError as error:
                _raise_unless(error, _GONE)
                return False

        return self._connection.run(ask)

    def define(self, xml: str) -> None:
        def order(connection: libvirt.virConnect) -> None:
            connection.defineXML(xml)

        self._connection.run(order)

    def start(self, uuid: str) -> None:
        """Starts it unless it runs; resumes it when it is paused."""

        def order(connection: libvirt.virConnect) -> None:
            domain = connection.lookupByUUIDString(uuid)
            if domain.isActive():
                if domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED:
                    domain.resume()
                return
            domain.create()

        self._connection.run(order)

    def shut_down(self, uuid: str, timeout: float) -> bool:
        """Press the power button and wait. False when the guest still runs after ``timeout``
        seconds."""
        now = time.monotonic()
        deadline, ask_at = now + timeout, now
        while self.is_active(uuid):
            now = time.monotonic()
            if now >= deadline:
                return False
            if now >= ask_at:
                ask_at = now + ASK_AGAIN_SECONDS
                self._on_domain(uuid, lambda domain: domain.shutdown(), _NOT_RUNNING)
            time.sleep(POLL_SECONDS)
        return True

    def stop(self, uuid: str) -> None:
        """Pull the plug; nothing to do where nothing runs."""
        for attempt in range(1, DESTROY_TRIES + 1):
            try:
                self._on_domain(uuid, lambda domain: domain.destroy(), _NOT_RUNNING)
                return
            except libvirt.libvirtError as error:
                # QEMU hangs in the kernel on slow storage: libvirt gives up after 15 s.
                if error.get_error_code() != libvirt.VIR_ERR_SYSTEM_ERROR:
                    raise
                if attempt == DESTROY_TRIES:
                    raise
                LOG.warning("Guest %s does not die yet: %s", uuid, error)

    def undefine(self, uuid: str) -> None:
        self._on_domain(uuid, lambda domain: domain.undefineFlags(_UNDEFINE_FLAGS), _GONE)

    def _on_domain(
        self, uuid: str, action: Callable[[libvirt.virDomain], object], harmless: set[int]
    ) -> None:
        def order(connection: libvirt.virConnect) -> None:
            domain = _lookup(connection, uuid)
            if domain is not None:
                try:
                    action(domain)
                except libvirt.libvirtError as error:
                    _raise_unless(error, harmless)

        self._connection.run(order)


def _lookup(connection: libvirt.virConnect, uuid: str) -> libvirt.virDomain | None:
    try:
        return connection.lookupByUUIDString(uuid)
    except libvirt.libvirtError as error:
        _raise_unless(error, _GONE)
        return None


def _raise_unless(error: libvirt.libvirtError, codes: set[int]) -> None:
    if error.get_error_code() not in codes:
        raise error


def _owner_of(domain: libvirt.virDomain) -> str | None:
    """None for a domain of somebody else's, or one that is just going away."""
    try:
        text = domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, guest_xml.OWNER_NAMESPACE, 0)
    except libvirt.libvirtError:
        return None
    return guest_xml.owner_in(text)
