"""How a host of the cloud reaches a volume."""

from novalite.volume.embedded.backends import Backend
from novalite.volume.embedded.core import Row


class Connections:
    def __init__(self, backends: dict[str, Backend]) -> None:
        self.backends = backends

    def info(self, volume: Row, attachment_id: str | None, mode: str) -> Row:
        """The attachments API's ``connection_info``: ``driver_volume_type`` with the members of
        its data beside it."""
        kind, data = self.describe(volume, mode)
        return {
            **data,
            "driver_volume_type": kind,
            "attachment_id": attachment_id,
            "volume_id": volume["id"],
        }

    def describe(self, volume: Row, mode: str) -> tuple[str, Row]:
        """(driver_volume_type, data)"""
        backend = self.backends[volume["backend"]]
        kind, data = backend.connection(volume["location"] or "", volume["format"])
        return kind, {
            **data,
            "access_mode": mode,
            "qos_specs": None,
            "encrypted": volume["encrypted"],
            "cacheable": False,
            "discard": True,
        }

    def current(self, attachment: Row, volume: Row | None) -> Row:
        """The attachment with what holds now: another file may have become the active one."""
        if volume is None or attachment["connection_info"] is None:
            return attachment
        mode = attachment["attach_mode"] or "rw"
        return {**attachment, "connection_info": self.info(volume, attachment["id"], mode)}
