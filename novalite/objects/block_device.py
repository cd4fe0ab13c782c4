"""Block devices of a server."""

import datetime
from typing import Any

from novalite.objects.base import record


@record
class BlockDevice:
    """One disk. ``source_type``: image, blank, volume or snapshot; ``destination_type``: local
    or volume. ``volume_size`` is in GiB whatever the destination (for a blank local swap disk
    ``guest_format`` is ``swap`` and ``volume_size`` is in MiB).
    """

    source_type: str
    destination_type: str
    uuid: str | None = None
    instance_uuid: str | None = None
    boot_index: int | None = None
    device_name: str | None = None
    device_type: str | None = None
    disk_bus: str | None = None
    guest_format: str | None = None
    delete_on_termination: bool = False
    no_device: bool = False
    image_id: str | None = None
    snapshot_id: str | None = None
    volume_id: str | None = None
    volume_size: int | None = None
    volume_type: str | None = None
    tag: str | None = None
    attachment_id: str | None = None
    connection_info: dict[str, Any] | None = None
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None

    @property
    def is_volume(self) -> bool:
        return self.destination_type == "volume"
