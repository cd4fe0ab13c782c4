"""Volumes that are files which this host sees: ``{"device_path", "format"}``."""

from typing import Any


def locate(data: dict[str, Any]) -> tuple[str, str]:
    return "file", str(data["device_path"])
