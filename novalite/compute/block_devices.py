"""The disks of a server made complete: sizes, buses and device names.

Pure: the same devices give the same answer, so it may be worked out again after a crash.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from novalite.objects import BlockDevice, Flavor, ImageMeta, Instance
from novalite.objects.device_names import (
    DEFAULT_BUS,
    DEFAULT_CDROM_BUS,
    bus_of,
    next_free,
    short,
)


@dataclasses.dataclass(slots=True)
class Completed:
    """``devices`` in the order of their names; ``updates`` are what changed in their rows, and
    ``instance_changes`` what follows for the instance's."""

    devices: list[BlockDevice]
    updates: list[dict[str, Any]]
    instance_changes: dict[str, Any]


def complete(instance: Instance, image: ImageMeta, devices: Sequence[BlockDevice]) -> Completed:
    """Names, buses and sizes for all of them."""
    used = {short(device.device_name) for device in devices if device.device_name}
    done: list[BlockDevice] = []
    updates: list[dict[str, Any]] = []
    changes: dict[str, Any] = {}
    for device in sorted((d for d in devices if not d.no_device), key=_order):
        found = _fill(device, instance, image, used)
        if found:
            device = dataclasses.replace(device, **found)
            if device.uuid:
                updates.append({"uuid": device.uuid, **found})
        done.append(device)
        _note(device, instance, changes)
    return Completed(done, updates, changes)


def _order(device: BlockDevice) -> tuple[int, int, int]:
    """Root first, then by boot index, ephemeral disks, swap, the rest."""
    bootable = device.boot_index is not None and device.boot_index >= 0
    if bootable:
        kind = 0
    elif device.guest_format == "swap":
        kind = 2
    elif device.source_type == "blank" and not device.is_volume:
        kind = 1
    else:
        kind = 3
    return kind, device.boot_index if bootable and device.boot_index else 0, device.id or 0


def _fill(
    device: BlockDevice, instance: Instance, image: ImageMeta, used: set[str]
) -> dict[str, Any]:
    """The columns that were missing."""
    found: dict[str, Any] = {}
    bus = device.disk_bus or _bus(device, image)
    if not device.disk_bus:
        found["disk_bus"] = bus
    if not device.device_name:
        if device.boot_index == 0 and instance.root_device_name:
            name = short(instance.root_device_name)
        else:
            name = short(next_free(bus, used))
        used.add(name)
        found["device_name"] = f"/dev/{name}"
    elif not device.device_name.startswith("/dev/"):
        found["device_name"] = f"/dev/{device.device_name}"
    if device.volume_size is None and not device.is_volume and instance.flavor is not None:
        found["volume_size"] = _size(device, instance.flavor)
    return found


def _bus(device: BlockDevice, image: ImageMeta) -> str:
    if device.device_name and (named := bus_of(device.device_name)):
        return named  # the user's name for it says what he expects
    root_cdrom = device.boot_index == 0 and image.disk_format == "iso"
    if device.device_type == "cdrom" or root_cdrom:
        return str(image.properties.get("hw_cdrom_bus") or DEFAULT_CDROM_BUS)
    return str(image.properties.get("hw_disk_bus") or DEFAULT_BUS)


def _size(device: BlockDevice, flavor: Flavor) -> int:
    """GiB, but MiB for swap; 0 for a root disk means as large as its image."""
    if device.guest_format == "swap":
        return flavor.swap
    return flavor.ephemeral_gb if device.source_type == "blank" else flavor.root_gb


def _note(device: BlockDevice, instance: Instance, changes: dict[str, Any]) -> None:
    if device.boot_index == 0:
        column = "root_device_name"
    elif device.guest_format == "swap":
        column = "default_swap_device"
    elif device.source_type == "blank" and not device.is_volume:
        column = "default_ephemeral_device"
    else:
        return
    if column not in changes and getattr(instance, column) != device.device_name:
        changes[column] = device.device_name
