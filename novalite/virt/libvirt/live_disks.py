"""What is asked of libvirt about the disks of one guest. Nothing of libvirt's own leaves here.

A disk is known by its serial number, which is the volume's id. Every method looks first at what
is there, so that it may be repeated.
"""

import logging
import os
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from typing import TypeVar

import libvirt

from novalite.exception import DeviceDetachFailed, InstanceNotOnHost, NovaliteError
from novalite.virt.libvirt import disk_xml
from novalite.virt.libvirt.connection import Connection
from novalite.virt.libvirt.guest import Disk

LOG = logging.getLogger(__name__)
T = TypeVar("T")

POLL_SECONDS = 0.1
CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG
LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
_INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
_GONE = {libvirt.VIR_ERR_DEVICE_MISSING, libvirt.VIR_ERR_NO_DOMAIN}
_BUSY = {libvirt.VIR_ERR_OPERATION_FAILED, libvirt.VIR_ERR_INTERNAL_ERROR}
"""The guest was asked before and has not answered yet."""
_SNAPSHOT = (
    libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY
    | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA
    | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT
)


class BlockJobFailed(NovaliteError):
    message = "A merge of files of disk {target} did not come to its end: {reason}"


class LiveDisks:
    """``attempts`` and ``timeout``: how often a guest is asked to give a disk back, and how many
    seconds it has each time."""

    def __init__(self, connection: Connection, attempts: int, timeout: float) -> None:
        self._connection = connection
        self._attempts = attempts
        self._timeout = timeout

    def attach(self, uuid: str, disk: Disk) -> None:
        """Raises InstanceNotOnHost."""
        text, serial = disk_xml.text(disk), disk.serial or ""

        def order(domain: libvirt.virDomain) -> None:
            flags = 0
            if disk_xml.find(domain.XMLDesc(_INACTIVE), serial) is None:
                flags |= CONFIG
            if domain.isActive() and disk_xml.find(domain.XMLDesc(), serial) is None:
                flags |= LIVE
            if flags:
                domain.attachDeviceFlags(text, flags)

        self._on(uuid, order)

    def detach(self, uuid: str, serial: str) -> None:
        """Raises DeviceDetachFailed, when the disk is left as it was, and InstanceNotOnHost."""
        removed = self._on(uuid, lambda domain: _remove_definition(domain, serial))
        for attempt in range(1, self._attempts + 1):
            if self._on(uuid, lambda domain: _unplug(domain, serial)):
                return
            if self._unplugged(uuid, serial):
                return
            LOG.warning("Guest %s keeps disk %s (attempt %d)", uuid, serial, attempt)
        if removed is not None:
            self._on(uuid, lambda domain: domain.attachDeviceFlags(removed, CONFIG))
        raise DeviceDetachFailed(
            device=serial, reason=f"the guest did not let it go in {self._attempts} attempts"
        )

    def _unplugged(self, uuid: str, serial: str) -> bool:
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            if self._on(uuid, lambda domain: _live(domain, serial) is None):
                return True
        return False

    def grow(self, uuid: str, serial: str, size: int) -> bool:
        """To ``size`` bytes. False when no running guest has it, so that nothing was done."""

        def order(domain: libvirt.virDomain) -> bool:
            disk = _live(domain, serial)
            if disk is None:
                return False
            target = disk_xml.target_of(disk)
            if domain.blockInfo(target)[0] < size:
                domain.blockResize(target, size, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
            return True

        return self._on(uuid, order)

    def overlay(self, uuid: str, serial: str, path: str) -> bool:
        """The guest writes to the prepared overlay ``path`` from now on. False when no running
        guest has the disk."""

        def order(domain: libvirt.virDomain) -> bool:
            disk = _live(domain, serial)
            if disk is None:
                return False
            if disk_xml.source_of(disk) == path:
                return True
            text = disk_xml.snapshot_xml(domain.XMLDesc(), disk_xml.target_of(disk), path)
            try:
                domain.snapshotCreateXML(text, _SNAPSHOT | _QUIESCE)
            except libvirt.libvirtError:
                # Without an agent in the guest its file systems are as after a loss of power.
                domain.snapshotCreateXML(text, _SNAPSHOT)
            return True

        return self._on(uuid, order)

    def merge_down(self, uuid: str, serial: str, top: str, target_file: str) -> bool:
        """Bring the data of ``top`` into ``target_file``, the file right below it. False when no
        running guest has the disk."""

        def order(domain: libvirt.virDomain) -> str | None:
            disk = _live(domain, serial)
            if disk is None:
                return None
            name = disk_xml.target_of(disk)
            if domain.blockJobInfo(name):
                return name
            files = [(disk_xml.source_of(disk), None), *disk_xml.backing_files(disk)]
            upper, lower = _index(files, name, top), _index(files, name, target_file)
            if upper is None or lower is None:
                return name  # merged already
            flags = libvirt.VIR_DOMAIN_BLOCK_COMMIT_RELATIVE
            if upper == name:
                flags |= libvirt.VIR_DOMAIN_BLOCK_COMMIT_ACTIVE
            domain.blockCommit(name, lower, upper, 0, flags)
            return name

        return self._merged(uuid, self._on(uuid, order))

    def pull_up(self, uuid: str, serial: str, base: str | None) -> bool:
        """Let the active file take in all above ``base``, or all there is. False when no running
        guest has the disk."""

        def order(domain: libvirt.virDomain) -> str | None:
            disk = _live(domain, serial)
            if disk is None:
                return None
            name = disk_xml.target_of(disk)
            below = disk_xml.backing_files(disk)
            if domain.blockJobInfo(name) or not below:
                return name
            if base is None:
                domain.blockPull(name, 0, 0)
            elif not _same(below[0][0], base):
                lower = _index(below, name, base)
                flags = libvirt.VIR_DOMAIN_BLOCK_REBASE_RELATIVE
                domain.blockRebase(name, lower, 0, flags)
            return name

        return self._merged(uuid, self._on(uuid, order))

    def _merged(self, uuid: str, target: str | None) -> bool:
        """Waits for the end of the disk's job. Raises BlockJobFailed."""
        if target is None:
            return False
        while True:
            info = self._on(uuid, lambda domain: domain.blockJobInfo(target))
            if not info:
                return True
            if info["end"] and info["cur"] == info["end"] and _is_active_commit(info):
                self._on(uuid, lambda domain: _pivot(domain, target))
            time.sleep(POLL_SECONDS)

    def _on(self, uuid: str, order: Callable[[libvirt.virDomain], T]) -> T:
        """Raises InstanceNotOnHost."""

        def run(connection: libvirt.virConnect) -> T:
            return order(connection.lookupByUUIDString(uuid))

        try:
            return self._connection.run(run)
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
                raise InstanceNotOnHost(instance_uuid=uuid) from error
            raise


_QUIESCE = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE


def _live(domain: libvirt.virDomain, serial: str) -> ET.Element | None:
    return disk_xml.find(domain.XMLDesc(), serial) if domain.isActive() else None


def _remove_definition(domain: libvirt.virDomain, serial: str) -> str | None:
    """The disk as it stood in the definition; None when it did not."""
    disk = disk_xml.find(domain.XMLDesc(_INACTIVE), serial)
    if disk is None:
        return None
    text = ET.tostring(disk, encoding="unicode")
    domain.detachDeviceFlags(text, CONFIG)
    return text


def _unplug(domain: libvirt.virDomain, serial: str) -> bool:
    """Ask the running guest; whether it does not have the disk (any more)."""
    disk = _live(domain, serial)
    if disk is None:
        return True
    try:
        domain.detachDeviceFlags(ET.tostring(disk, encoding="unicode"), LIVE)
    except libvirt.libvirtError as error:
        if error.get_error_code() in _GONE:
            return True
        if error.get_error_code() not in _BUSY:
            raise
    return False


def _index(files: Sequence[tuple[str | None, str | None]], target: str, path: str) -> str | None:
    """How libvirt is told of a file in the chain of a disk."""
    for file, index in files:
        if file is not None and _same(file, path):
            return target if index is None else f"{target}[{index}]"
    return None


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _is_active_commit(info: dict[str, int]) -> bool:
    return bool(info["type"] == libvirt.VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT)


def _pivot(domain: libvirt.virDomain, target: str) -> None:
    domain.blockJobAbort(target, libvirt.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT)
