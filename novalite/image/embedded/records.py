"""An image as the service keeps it, and what is asked of a list."""

import dataclasses
import datetime
from typing import Any

from novalite.objects import ImageMeta

DISK_FORMATS = ("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso")
CONTAINER_FORMATS = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
VISIBILITIES = ("private", "shared", "community", "public")
MEMBER_STATUSES = ("pending", "accepted", "rejected")


@dataclasses.dataclass(slots=True)
class Location:
    """One place of an image's data. ``url`` only where ``store`` is ``web``."""

    id: str
    store: str
    url: str | None = None
    metadata: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class Image:
    """One row of ``images``, with its properties, tags and locations (in their order)."""

    id: str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    name: str | None = None
    owner: str | None = None
    status: str = "queued"
    visibility: str = "shared"
    protected: bool = False
    os_hidden: bool = False
    disk_format: str | None = None
    container_format: str | None = None
    size: int | None = None
    virtual_size: int | None = None
    checksum: str | None = None
    os_hash_algo: str | None = None
    os_hash_value: str | None = None
    min_disk: int = 0
    min_ram: int = 0
    properties: dict[str, str] = dataclasses.field(default_factory=dict)
    tags: list[str] = dataclasses.field(default_factory=list)
    locations: list[Location] = dataclasses.field(default_factory=list)

    def meta(self) -> ImageMeta:
        """What the compute services know of it."""
        return ImageMeta(
            id=self.id,
            name=self.name,
            status=self.status,
            size=self.size or 0,
            checksum=self.checksum,
            min_ram=self.min_ram,
            min_disk=self.min_disk,
            owner=self.owner,
            visibility=self.visibility,
            disk_format=self.disk_format,
            container_format=self.container_format,
            properties=dict(self.properties),
        )


COLUMNS = tuple(
    field.name
    for field in dataclasses.fields(Image)
    if field.name not in ("properties", "tags", "locations")
)


@dataclasses.dataclass(slots=True)
class ImageQuery:
    """``equal``: column -> the values that it may have. ``compare``: (column, operator, value)
    with gt, gte, lt, lte, eq or neq. ``tags`` must all be there, ``properties`` be equal.

    ``project_id`` with ``everything`` False shows what that project may see: its own, public
    ones, those shared with it with ``member_status``, and, only when ``community`` is set, those
    of the community.
    """

    project_id: str | None = None
    everything: bool = False
    community: bool = False
    member_status: str = "accepted"
    equal: dict[str, tuple[Any, ...]] = dataclasses.field(default_factory=dict)
    compare: list[tuple[str, str, Any]] = dataclasses.field(default_factory=list)
    tags: list[str] = dataclasses.field(default_factory=list)
    properties: dict[str, str] = dataclasses.field(default_factory=dict)
    sort: list[tuple[str, str]] = dataclasses.field(
        default_factory=lambda: [("created_at", "desc"), ("id", "desc")]
    )
    limit: int | None = None
    marker: str | None = None
