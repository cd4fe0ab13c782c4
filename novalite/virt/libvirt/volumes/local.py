"""Volumes that are block devices of this host, as logical volumes: ``{"device_path"}``."""

from typing import Any


def locate(data: dict[str, Any]) -> tuple[str, str]:
    return "block", str(data["device_path"])
