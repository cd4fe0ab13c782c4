"""Volumes of guests, running or not: which of libvirt and the files has to change, and in which
order. The caller holds the guest's lock."""

import logging
from collections.abc import Sequence
from typing import Any

from novalite.exception import InstanceNotOnHost
from novalite.objects import BlockDevice
from novalite.virt import volume_files
from novalite.virt.libvirt import disk_xml, volumes
from novalite.virt.libvirt.domains import Domains
from novalite.virt.libvirt.guest import Disk
from novalite.virt.libvirt.live_disks import BlockJobFailed, LiveDisks

LOG = logging.getLogger(__name__)


class Attachments:
    def __init__(self, domains: Domains, live: LiveDisks) -> None:
        self._domains = domains
        self._live = live

    def attach(self, uuid: str, device: BlockDevice) -> None:
        self._live.attach(uuid, volumes.disk(device))

    def detach(self, uuid: str, device: BlockDevice) -> None:
        try:
            self._live.detach(uuid, _serial(device))
        except InstanceNotOnHost:
            LOG.info("Guest %s is gone, and volume %s with it", uuid, device.volume_id)

    def extend(self, uuid: str, device: BlockDevice, size: int) -> None:
        if not self._live.grow(uuid, _serial(device), size):
            disk = volumes.disk(device)
            volume_files.grow(disk.path, disk.format, size)

    def overlay(self, uuid: str, device: BlockDevice, path: str) -> dict[str, Any]:
        """The connection from now on. Raises InvalidInput for a file of somewhere else."""
        path = volume_files.sibling(volumes.disk(device).path, path)
        moved = volumes.moved(device, path)
        if not self._live.overlay(uuid, _serial(device), path):
            self._redefine(uuid, [volumes.disk(moved)])
        return moved.connection_info or {}

    def merge(self, uuid: str, device: BlockDevice, delete_info: dict[str, Any]) -> dict[str, Any]:
        """The connection from now on. Raises BlockJobFailed."""
        active = volumes.disk(device).path
        source, target = delete_info["file_to_merge"], delete_info.get("merge_target_file")
        source = volume_files.sibling(active, source) if source else None
        serial = _serial(device)
        if not target:
            if not self._live.pull_up(uuid, serial, source):
                volume_files.stand_on(active, source)
            return device.connection_info or {}
        target = volume_files.sibling(active, target)
        assert source is not None
        if self._live.merge_down(uuid, serial, source, target):
            self._check_merged(uuid, serial, source)
            active = target if active == source else active
        else:
            active = volume_files.commit(active, source, target)
        moved = volumes.moved(device, active)
        self._redefine(uuid, [volumes.disk(moved)])
        return moved.connection_info or {}

    def _check_merged(self, uuid: str, serial: str, gone: str) -> None:
        xml = self._domains.running_xml(uuid)
        disk = disk_xml.find(xml, serial) if xml else None
        if disk is None:
            return
        files = [disk_xml.source_of(disk), *(path for path, _ in disk_xml.backing_files(disk))]
        if gone in files:
            raise BlockJobFailed(target=disk_xml.target_of(disk), reason=f"{gone} is still used")

    def redefine(self, uuid: str, devices: Sequence[BlockDevice]) -> None:
        """Before a start: each volume is reached as its device says now."""
        self._redefine(uuid, [volumes.disk(device) for device in devices if device.is_volume])

    def _redefine(self, uuid: str, disks: Sequence[Disk]) -> None:
        xml = self._domains.xml(uuid)
        if xml is None:
            raise InstanceNotOnHost(instance_uuid=uuid)
        if disks:
            self._domains.define(disk_xml.with_volumes(xml, disks))


def _serial(device: BlockDevice) -> str:
    return str((device.connection_info or {}).get("serial") or device.volume_id)
