"""Volumes as disks of libvirt guests: one module per ``driver_volume_type``.

Each has ``locate(data)``: (the disk's type in the domain's XML, the path on this host).
"""

import dataclasses
import os

from novalite.exception import NotFound
from novalite.objects import BlockDevice
from novalite.objects.device_names import DEFAULT_BUS, bus_of, short
from novalite.virt.libvirt.guest import Disk
from novalite.virt.libvirt.volumes import file, local

KINDS = {"file": file.locate, "local": local.locate}


class VolumeDriverNotFound(NotFound):
    message = "Could not find a handler for {driver_type} volume."


def disk(device: BlockDevice, target: str | None = None) -> Disk:
    """``target``: the guest's name for it; else the device's. Raises VolumeDriverNotFound."""
    info = device.connection_info or {}
    kind = str(info.get("driver_volume_type"))
    if kind not in KINDS:
        raise VolumeDriverNotFound(driver_type=kind)
    data = info.get("data") or {}
    disk_type, path = KINDS[kind](data)
    bootable = device.boot_index is not None and device.boot_index >= 0
    return Disk(
        path=path,
        format=str(data.get("format") or "raw"),
        target=target or short(device.device_name or ""),
        bus=bus(device),
        device=device.device_type if device.device_type in ("cdrom", "lun") else "disk",
        readonly=data.get("access_mode") == "ro",
        boot_order=(device.boot_index or 0) + 1 if bootable else None,
        serial=str(info.get("serial") or device.volume_id),
        type=disk_type,
        cache="none" if can_do_direct_io(path) else "writeback",
        shareable=bool(info.get("multiattach")),
        whole_chain=False,
    )


def moved(device: BlockDevice, path: str) -> BlockDevice:
    """The device when another file is the one that is written to."""
    info = device.connection_info or {}
    changed = {**info, "data": {**(info.get("data") or {}), "device_path": path}}
    return dataclasses.replace(device, connection_info=changed)


def bus(device: BlockDevice) -> str:
    return device.disk_bus or bus_of(device.device_name or "") or DEFAULT_BUS


def can_do_direct_io(path: str) -> bool:
    """Whether the host's page cache can be gone round; file systems in memory cannot."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECT))
    except OSError:
        return False
    return True
