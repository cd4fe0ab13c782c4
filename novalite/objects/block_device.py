"""Block devices of a server."""

import datetime
from typing import Any

from novalite.objects.base import record

ATTACHING = "attaching"
DETACHING = "detaching"
EXTENDING = "extending"


@record
class BlockDevice:
    """One disk. ``source_type``: image, blank, volume or snapshot; ``destination_type``: local
    or volume. ``volume_size`` is in GiB whatever the destination (for a blank local swap disk
    ``guest_format`` is ``swap`` and ``volume_size`` is in MiB).

    A volume's row says by itself what is still to be done with it, so that whoever finds it after
    a crash goes on:

    - ``volume_id`` None: the host that builds the server makes the volume;
    - ``attachment_id`` None: it is not reserved yet. The API does that at once after it wrote the
      row; a host that builds takes the attachment that (server, volume) has, else makes one; of a
      server that is not building the row is dropped when it stays so (by a conductor);
    - ``task_state``: what the host is to do: connect it and give it to the guest (``attaching``),
      or take it from the guest, delete the attachment and then the row (``detaching``), or give
      it the size that the volume has (``extending``).

    ``connection_info`` of a volume: ``{"driver_volume_type", "data": {...}, "serial": volume_id,
    "multiattach"?}``; None until its host has asked for it.
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
    task_state: str | None = None
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None

    @property
    def is_volume(self) -> bool:
        return self.destination_type == "volume"
