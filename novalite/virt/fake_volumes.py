"""Volumes of guests that only pretend. Where a volume is a file of this host it is a real one:
what QEMU would do to it for a guest is done by ``qemu-img`` here, so that nothing gets lost."""

import os
from collections.abc import Iterable
from typing import Any

from novalite.objects import BlockDevice
from novalite.virt import volume_files


def of(devices: Iterable[BlockDevice]) -> dict[str, dict[str, Any]]:
    """What a guest knows of those that are volumes with a connection: id -> facts."""
    found = {}
    for device in devices:
        if device.is_volume and device.connection_info:
            found[str(device.volume_id)] = {
                "device": device.device_name,
                "path": _path(device),
                "size": (device.volume_size or 0) << 30,
                "shared": bool(device.connection_info.get("multiattach")),
            }
    return found


def moved(device: BlockDevice, path: str) -> dict[str, Any]:
    """The device's connection when its active file is another."""
    info = device.connection_info or {}
    return {**info, "data": {**info.get("data", {}), "device_path": path}}


def extend(device: BlockDevice, size: int) -> None:
    path = _path(device)
    if path and os.path.isfile(path):
        volume_files.grow(path, _format(device), size)


def overlay(device: BlockDevice, create_info: dict[str, Any]) -> str:
    """The prepared file that is written to from now on. Raises InvalidInput."""
    return volume_files.sibling(_path(device) or "/", create_info["new_file"])


def merge(device: BlockDevice, delete_info: dict[str, Any]) -> str:
    """Do what ``volume_snapshot_delete`` asks for; the path of the active file afterwards."""
    active = _path(device) or ""
    source, target = delete_info["file_to_merge"], delete_info.get("merge_target_file")
    if not os.path.isfile(active):
        return active
    if target:
        return volume_files.commit(active, source, target)
    volume_files.stand_on(active, source)
    return active


def _path(device: BlockDevice) -> str | None:
    data = (device.connection_info or {}).get("data") or {}
    path = data.get("device_path")
    return str(path) if path else None


def _format(device: BlockDevice) -> str:
    data = (device.connection_info or {}).get("data") or {}
    return str(data.get("format") or "raw")
