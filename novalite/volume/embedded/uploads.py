"""Volumes and images: making an image of a volume, and a volume's content anew from an image."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import (
    Conflict,
    DependencyUnavailable,
    ImageNotActive,
    ImageNotFound,
    InvalidInput,
    InvalidVolume,
    NotSupported,
)
from novalite.volume.embedded import qemu_img, records, rows
from novalite.volume.embedded.backends import Backend
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import BackendBusy, ImageUnreadable
from novalite.volume.embedded.image_source import FORMATS, TEMPORARY
from novalite.volume.embedded.rows import moment
from novalite.volume.embedded.tables.volumes import volumes
from novalite.volume.embedded.tasks import Handler, Tasks
from novalite.volume.embedded.types import Types
from novalite.volume.embedded.volume_create import fits_image

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI

CHUNK = 1 << 20
EXACT_SIZE = ("-o", "force_size=on")
"""Without it a VHD is rounded up, and no longer fits into the volume that it came from."""
OWN_PROPERTIES = frozenset(
    {
        *("image_id", "image_name", "checksum", "container_format", "disk_format", "min_disk"),
        *("min_ram", "size", "id", "name", "status", "owner", "visibility", "protected"),
    }
)
"""Of what a volume keeps of its image: not to be given to a new one as custom properties."""


def _minimum(kept: Row, name: str) -> int:
    """What the owner of a volume may have made of it. Raises InvalidInput."""
    text = kept.get(name) or "0"
    if not (text.isascii() and text.isdigit()):
        raise InvalidInput(reason=f"{name} of the volume's image metadata is no number: {text}")
    return int(text)


class Uploads:
    def __init__(
        self,
        core: Core,
        types: Types,
        backends: dict[str, Backend],
        images: "ImageAPI | None",
    ) -> None:
        self.core = core
        self.types = types
        self.backends = backends
        self.images = images

    def register(self, tasks: Tasks) -> None:
        tasks.handle("volume_upload", Handler(self._run, self._failed))

    # ---- a volume becomes an image ----

    def start(self, context: RequestContext, volume_id: str, body: Row) -> Row:
        """The answer of os-volume_upload_image. Raises InvalidVolume, InvalidInput."""
        images = self._images()
        disk_format = body.get("disk_format") or "raw"
        if disk_format not in FORMATS:
            raise InvalidInput(reason=f"Disk format {disk_format} is not supported.")
        with self.core.database.read() as conn:
            volume = self._uploadable(conn, context, volume_id)
        image_id = images.create(context, self._image_body(volume, body, disk_format))

        def promise(conn: Connection) -> None:
            self._uploadable(conn, context, volume_id)
            payload = {
                "image_id": image_id,
                "disk_format": disk_format,
                "previous": volume["status"],
                "context": context.to_dict(),
            }
            rows.update(conn, volumes, volume_id, {"status": "uploading"}, self.core.now())
            self.core.promises.add(conn, "volume_upload", volume_id, payload)

        try:
            self.core.database.run(promise)
        except BaseException:
            images.delete(context, image_id)
            raise
        self.core.wake()
        return self._answer(context, volume, body, image_id, disk_format)

    def _answer(
        self, context: RequestContext, volume: Row, body: Row, image_id: str, disk_format: str
    ) -> Row:
        return {
            "id": volume["id"],
            "updated_at": moment(self.core.now()),
            "status": "uploading",
            "display_description": volume["description"],
            "size": volume["size"],
            "volume_type": self._type_view(context, volume),
            "image_id": image_id,
            "container_format": body.get("container_format") or "bare",
            "disk_format": disk_format,
            "image_name": body["image_name"],
        }

    def _images(self) -> "ImageAPI":
        if self.images is None:
            raise NotSupported("There is no image service.")
        return self.images

    def _uploadable(self, conn: Connection, context: RequestContext, volume_id: str) -> Row:
        """The record. Raises InvalidVolume."""
        row = records.volume(conn, self.core, context, volume_id)
        self.core.authorize(
            context, "volume_extension:volume_actions:upload_image", row["project_id"]
        )
        if row["status"] != "available":
            raise InvalidVolume(
                reason=f"Volume {volume_id} status must be available, but current status is: "
                f"{row['status']}."
            )
        return records.complete_volumes(conn, [row])[0]

    @staticmethod
    def _image_body(volume: Row, body: Row, disk_format: str) -> Row:
        kept = volume["image_metadata"]
        properties = {key: value for key, value in kept.items() if key not in OWN_PROPERTIES}
        return {
            **properties,
            "name": body["image_name"],
            "disk_format": disk_format,
            "container_format": body.get("container_format") or "bare",
            "visibility": body.get("visibility") or "private",
            "protected": body.get("protected", False),
            "min_disk": max(volume["size"], _minimum(kept, "min_disk")),
            "min_ram": _minimum(kept, "min_ram"),
        }

    def _type_view(self, context: RequestContext, volume: Row) -> Row | None:
        if volume["volume_type_id"] is None:
            return None
        with self.core.database.read() as conn:
            row = self.types.resolve(conn, context.elevated(), volume["volume_type_id"])
        return {
            "id": row["id"],
            "name": row["name"],
            "description": row["description"],
            "is_public": row["is_public"],
            "extra_specs": row["extra_specs"],
            "qos_specs_id": row["qos_specs_id"],
            "created_at": moment(row["created_at"]),
            "updated_at": moment(row["updated_at"]),
            "deleted": False,
            "deleted_at": None,
        }

    def _run(self, task: Row) -> None:
        with self.core.database.read() as conn:
            volume = rows.get(conn, volumes, task["resource_id"])
        if volume is not None and volume["status"] == "uploading":
            self._send(task, volume)

        def record(conn: Connection) -> None:
            if self.core.promises.finish(conn, task) and volume is not None:
                changes = {"status": task["payload"]["previous"]}
                there = volumes.c.status == "uploading"
                rows.update(conn, volumes, volume["id"], changes, self.core.now(), there)

        self.core.database.run(record)

    def _send(self, task: Row, volume: Row) -> None:
        images = self._images()
        context = RequestContext.from_dict(task["payload"]["context"])
        image_id = task["payload"]["image_id"]
        status = images.get(context, image_id).status
        if status == "active":
            return  # sent by a process that was killed right after
        if status == "saving":
            raise BackendBusy(reason=f"image {image_id} is still being written")
        backend = self.backends[volume["backend"]]
        source = backend.source(volume["location"], volume["format"])
        folder = self.core.conf.embedded.volume_store
        path = os.path.join(folder, f"{TEMPORARY}{uuid.uuid4().hex}")
        try:
            file_format = FORMATS[task["payload"]["disk_format"]]
            exact = EXACT_SIZE if file_format == "vpc" else ()
            qemu_img.copy(source.path, source.format, path, file_format, *exact)
            size = os.path.getsize(path)
            try:
                images.upload(context, image_id, _chunks(path), size)
            except Conflict as error:
                raise DependencyUnavailable(reason=error.text) from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def _failed(self, conn: Connection, task: Row, error: Exception) -> None:
        changes = {"status": task["payload"]["previous"]}
        there = volumes.c.status == "uploading"
        rows.update(conn, volumes, task["resource_id"], changes, self.core.now(), there)
        self.core.report(conn, task, error)

    # ---- an image becomes the content of a volume that is there ----

    def reimage(
        self, context: RequestContext, volume_id: str, image_id: str, *, reserved: bool
    ) -> None:
        """``reserved``: also of a volume that a server has reserved. Raises InvalidVolume,
        ImageUnreadable, InvalidInput."""
        try:
            image = self._images().get(context, image_id)
        except ImageNotFound:
            raise ImageUnreadable() from None
        if image.status != "active":
            raise ImageNotActive(image_id=image_id)
        permitted = ("available", "error", "reserved") if reserved else ("available", "error")

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(context, "volume:reimage", row["project_id"])
            if row["status"] not in permitted:
                raise InvalidVolume(
                    reason=f"Volume {volume_id} status must be {' or '.join(permitted)} to be "
                    f"imaged anew, but current status is: {row['status']}."
                )
            if records.snapshots_of(conn, volume_id):
                raise InvalidVolume(reason=f"Volume {volume_id} has snapshots.")
            fits_image(image, row["size"])
            previous = "reserved" if row["status"] == "reserved" else "available"
            payload = {
                "image_id": image_id,
                "previous": previous,
                "context": context.to_dict(),
            }
            rows.update(conn, volumes, volume_id, {"status": "downloading"}, self.core.now())
            self.core.promises.add(conn, "volume_reimage", volume_id, payload)

        self.core.database.run(write)
        self.core.wake()


def _chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
