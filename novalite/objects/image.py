"""What the compute services know of an image."""

import dataclasses
from typing import Any

from novalite.objects.base import record


@record
class ImageMeta:
    """``size`` in bytes; ``min_ram`` in MiB; ``min_disk`` in GiB.

    ``properties`` are the image's custom properties under their current names
    (``hw_disk_bus``, ``kernel_id``, ``os_type``...), values as strings.
    ``id`` is None for a server that boots from something else than an image.
    """

    id: str | None = None
    name: str | None = None
    status: str = "active"
    size: int = 0
    checksum: str | None = None
    min_ram: int = 0
    min_disk: int = 0
    owner: str | None = None
    visibility: str = "private"
    disk_format: str | None = None
    container_format: str | None = None
    properties: dict[str, Any] = dataclasses.field(default_factory=dict)
