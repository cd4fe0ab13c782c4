"""How a volume begins: what is asked for is checked, and promised in one transaction."""

import dataclasses
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import ImageNotActive, ImageNotFound, InvalidInput, InvalidVolume
from novalite.volume.embedded import backup_rows, choice, group_members, records, rows, services
from novalite.volume.embedded.backends import GIB, Backend
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import ImageUnreadable, InvalidSnapshot
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.snapshots import Snapshots
from novalite.volume.embedded.tables.volumes import volume_metadata, volumes
from novalite.volume.embedded.types import Types

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI
    from novalite.objects import ImageMeta

SOURCES = ("snapshot_id", "source_volid", "image_id", "backup_id")
SOURCE_VOLUME_STATES = ("available", "in-use")
TYPE_PROPERTY = "cinder_img_volume_type"


@dataclasses.dataclass(slots=True)
class Origin:
    """What a new volume takes its content from; all None for a blank one."""

    image: "ImageMeta | None" = None
    snapshot: Row | None = None
    volume: Row | None = None
    backup: Row | None = None

    @property
    def parent(self) -> Row | None:
        return self.snapshot or self.volume

    @property
    def size(self) -> int | None:
        if self.snapshot is not None:
            return int(self.snapshot["volume_size"])
        source = self.volume or self.backup
        return int(source["size"]) if source is not None else None


class VolumeCreation:
    def __init__(
        self,
        core: Core,
        quotas: Quotas,
        types: Types,
        backends: dict[str, Backend],
        images: "ImageAPI | None",
        snapshots: Snapshots,
    ) -> None:
        self.core = core
        self.snapshots = snapshots
        self.quotas = quotas
        self.types = types
        self.backends = backends
        self.images = images

    def create(self, context: RequestContext, body: Row) -> Row:
        """The record of a volume that is ``creating``.

        Raises InvalidInput, InvalidVolume, InvalidSnapshot, SnapshotNotFound, VolumeNotFound,
        VolumeTypeNotFound, ImageUnreadable, QuotaError.
        """
        self.core.authorize(context, "volume:create")
        if not context.project_id:
            raise InvalidInput(reason="A project is needed.")
        image = self._image(context, body)
        volume_id = rows.new_id()

        def write(conn: Connection) -> Row:
            self.insert(conn, context, volume_id, body, image)
            return records.complete_volume(conn, volume_id)

        record = self.core.database.run(write)
        self.core.wake()
        return record

    def _image(self, context: RequestContext, body: Row) -> "ImageMeta | None":
        given = [name for name in SOURCES if body.get(name)]
        if len(given) > 1:
            raise InvalidInput(
                reason="May specify only one of snapshot, source volume, image or backup!"
            )
        if not body.get("image_id"):
            return None
        if self.images is None:
            raise ImageUnreadable()
        try:
            image = self.images.get(context, body["image_id"])
        except ImageNotFound:
            raise ImageUnreadable() from None
        if image.status != "active":
            raise ImageNotActive(image_id=image.id)
        return image

    # ---- in the transaction ----

    def insert(
        self,
        conn: Connection,
        context: RequestContext,
        volume_id: str,
        body: Row,
        image: "ImageMeta | None" = None,
    ) -> None:
        """Row, metadata and promise of a volume; see ``create``."""
        origin = self._origin(conn, context, body, image)
        size = self._size(body.get("size"), origin)
        volume_type = self._type(conn, context, body, origin)
        if body.get("group_id"):
            group_members.check(conn, self.core, context, body["group_id"], volume_type["id"])
        backend = choice.choose(self._open(conn), volume_type["extra_specs"])
        deltas = {"volumes": 1, "gigabytes": size, "per_volume_gigabytes": size}
        project_id = str(context.project_id)
        self.quotas.check(conn, project_id, deltas, volume_type["name"])
        # what no backend can do ends as an error that the user sees, like any other failure
        place = backend or next(iter(self.backends.values()))
        source_type = origin.parent["volume_type_id"] if origin.parent else None
        row = {
            "id": volume_id,
            "project_id": project_id,
            "user_id": context.user_id or "",
            "name": body.get("name"),
            "description": body.get("description"),
            "size": size,
            "status": "creating",
            "availability_zone": self._zone(body),
            "host": self.core.host if backend else None,
            "volume_type_id": volume_type["id"],
            "snapshot_id": origin.snapshot["id"] if origin.snapshot else None,
            "source_volid": origin.volume["id"] if origin.volume else None,
            "group_id": body.get("group_id"),
            "multiattach": volume_type["multiattach"],
            "encrypted": False,
            "backend": place.name,
            "format": place.format_of(multiattach=volume_type["multiattach"]),
            **rows.stamp(self.core.now()),
        }
        rows.insert(conn, volumes, row)
        owner = volume_metadata.c.volume_id
        kept = origin.backup["facts"]["metadata"] if origin.backup else {}
        metadata = {**kept, **(body.get("metadata") or {})}
        rows.insert_pairs(conn, volume_metadata, owner, volume_id, metadata)
        payload = {
            "context": context.to_dict(),
            "image_id": image.id if image else None,
            "placed": backend is not None,
            "same_type": source_type == volume_type["id"],
            "backup_id": body.get("backup_id"),
            "temporary": self._frozen(conn, context, volume_id, origin),
        }
        self.core.promises.add(conn, "volume_create", volume_id, payload, _held(origin))

    def _open(self, conn: Connection) -> dict[str, Backend]:
        shut = services.closed(self.core, conn)
        return {name: backend for name, backend in self.backends.items() if name not in shut}

    def _frozen(
        self, conn: Connection, context: RequestContext, volume_id: str, origin: Origin
    ) -> str | None:
        """A volume that a server may be writing to is copied by way of a snapshot, which goes
        afterwards: the snapshot's id."""
        volume = origin.volume
        if volume is None or not self.backends[volume["backend"]].live_snapshots:
            return None
        if volume["status"] != "in-use" and not records.is_exported(conn, volume["id"]):
            return None
        body = {"name": f"for volume {volume_id}"}
        return self.snapshots.insert(conn, context, volume, body)

    def _origin(
        self, conn: Connection, context: RequestContext, body: Row, image: "ImageMeta | None"
    ) -> Origin:
        if body.get("snapshot_id"):
            snapshot = records.snapshot(conn, self.core, context, body["snapshot_id"])
            if snapshot["status"] != "available":
                raise InvalidSnapshot(
                    reason="Originating snapshot status must be one of 'available' values"
                )
            return Origin(snapshot=snapshot)
        if body.get("source_volid"):
            volume = records.volume(conn, self.core, context, body["source_volid"])
            if volume["status"] not in SOURCE_VOLUME_STATES:
                raise InvalidVolume(
                    reason="Originating volume status must be one of 'available, in-use' values"
                )
            return Origin(volume=volume)
        if body.get("backup_id"):
            backup = backup_rows.get(conn, self.core, context, body["backup_id"])
            if backup["status"] != "available":
                raise backup_rows.InvalidBackup(reason="Backup status must be available")
            return Origin(backup=backup)
        return Origin(image=image)

    def _size(self, given: object, origin: Origin) -> int:
        size = origin.size if given in (None, "") else int(str(given))
        if size is None or size <= 0:
            raise InvalidInput(
                reason=f"Volume size '{given}' must be an integer and greater than 0"
            )
        if origin.size is not None and size < origin.size:
            what = "snapshot" if origin.snapshot is not None else "source volume"
            original = "original snapshot" if origin.snapshot is not None else "original volume"
            raise InvalidInput(
                reason=f"Volume size '{size}'GB cannot be smaller than the {what} size "
                f"{origin.size}GB. They must be >= {original} size."
            )
        largest = self.core.conf.embedded.volume_size_limit
        if size > largest:
            raise InvalidInput(reason=f"Volume size {size}GB is larger than {largest}GB.")
        if origin.image is not None:
            fits_image(origin.image, size)
        return size

    def _type(self, conn: Connection, context: RequestContext, body: Row, origin: Origin) -> Row:
        wanted = body.get("volume_type") or None
        if wanted is None and origin.parent is not None:
            wanted = origin.parent["volume_type_id"]
        if wanted is None and origin.image is not None:
            wanted = origin.image.properties.get(TYPE_PROPERTY)
        found = self.types.resolve(conn, context, wanted)
        if found["encrypted"]:
            raise InvalidInput(
                reason=f"Volume type {found['name']} asks for encryption, which needs a key "
                "manager."
            )
        return found

    def _zone(self, body: Row) -> str:
        zone = body.get("availability_zone") or self.core.zone
        if zone != self.core.zone:
            raise InvalidInput(reason=f"Availability zone '{zone}' is invalid.")
        return str(zone)


def fits_image(image: "ImageMeta", size: int) -> None:
    """Raises InvalidInput for a volume (GiB) that is too small for the image."""
    image_size = -(-image.size // GIB)
    if image_size > size:
        raise InvalidInput(
            reason=f"Size of specified image {image_size}GB is larger than volume size {size}GB."
        )
    if image.min_disk > size:
        raise InvalidInput(
            reason=f"Volume size {size}GB cannot be smaller than the image minDisk size "
            f"{image.min_disk}GB."
        )


def _held(origin: Origin) -> list[str]:
    """The volumes whose files must not change while they are read."""
    if origin.snapshot is not None:
        return [origin.snapshot["volume_id"]]
    source = origin.volume or origin.backup
    return [source["id"]] if source is not None else []
