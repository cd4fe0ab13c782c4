"""The long work on volumes: making, removing and growing their data. Every step may be repeated."""

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, NovaliteError
from novalite.volume.embedded import image_source, qemu_img, records, rows
from novalite.volume.embedded.backends import Backend
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import BackendFailed
from novalite.volume.embedded.snapshots import DELETABLE, request_delete
from novalite.volume.embedded.tables.attachments import attachments
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.volumes import volume_image_metadata, volumes
from novalite.volume.embedded.tasks import Handler, Tasks

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI

LOG = logging.getLogger(__name__)

FromBackup = Callable[[str, Row, Backend], tuple[str, Row, bool]]
"""(backup id, the volume, its backend) -> (location, image metadata, bootable)"""
NO_BACKEND = "No valid backend was found. No weighed backends available"


class VolumeWork:
    """``notify`` tells servers that their volumes have grown."""

    def __init__(
        self,
        core: Core,
        backends: dict[str, Backend],
        images: "ImageAPI | None",
        notify: Any,
        from_backup: FromBackup,
    ) -> None:
        self.core = core
        self.backends = backends
        self.images = images
        self.notify = notify
        self.from_backup = from_backup

    def register(self, tasks: Tasks) -> None:
        tasks.handle("volume_create", Handler(self.create, self._create_failed))
        tasks.handle("volume_delete", Handler(self.delete, self._into("error_deleting")))
        tasks.handle("volume_extend", Handler(self.extend, self._extend_failed))
        tasks.handle("volume_reimage", Handler(self.reimage, self._into("error")))

    def _into(self, status: str) -> Any:
        def failed(conn: Connection, task: Row, error: Exception) -> None:
            rows.update(conn, volumes, task["resource_id"], {"status": status}, self.core.now())
            self.core.report(conn, task, error)

        return failed

    def _volume(self, task: Row) -> Row | None:
        with self.core.database.read() as conn:
            return rows.get(conn, volumes, task["resource_id"])

    def drop(self, task: Row) -> None:
        """Nothing is left to be done."""
        self.core.database.run(lambda conn: self.core.promises.finish(conn, task))

    # ---- create ----

    def create(self, task: Row) -> None:
        volume = self._volume(task)
        if volume is None or volume["location"] is not None:
            return self.drop(task)
        if not task["payload"]["placed"]:
            raise NovaliteError(NO_BACKEND)
        backend = self.backends[volume["backend"]]
        location, image_metadata, bootable = self._content(task, volume, backend)

        def record(conn: Connection) -> bool:
            if not self.core.promises.finish(conn, task):
                return False
            now = self.core.now()
            changes = {
                "status": "available",
                "location": location,
                "launched_at": now,
                "bootable": bootable,
            }
            owner = volume_image_metadata.c.volume_id
            rows.set_pairs(
                conn, volume_image_metadata, owner, volume["id"], image_metadata, replace=True
            )
            self._let_go(conn, task)
            return rows.update(conn, volumes, volume["id"], changes, now)

        if not self.core.database.run(record):
            backend.remove(location)
        self.core.wake()

    def _create_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        self._into("error")(conn, task, error)
        self._let_go(conn, task)

    def _let_go(self, conn: Connection, task: Row) -> None:
        """The snapshot that was made for this copy alone goes."""
        temporary = task["payload"].get("temporary")
        frozen = rows.get(conn, snapshots, temporary) if temporary else None
        if frozen is not None and frozen["status"] in DELETABLE:
            request_delete(self.core, conn, frozen)

    def _content(self, task: Row, volume: Row, backend: Backend) -> tuple[str, Row, bool]:
        """(location, image metadata, bootable)"""
        image_id = task["payload"]["image_id"]
        if image_id:
            location, metadata = self._from_image(task, volume, backend, image_id)
            return location, metadata, True
        if task["payload"].get("backup_id"):
            return self.from_backup(task["payload"]["backup_id"], volume, backend)
        if volume["snapshot_id"] or volume["source_volid"]:
            return self._from_volume(task, volume, backend)
        location = backend.create(volume["id"], volume["format"], volume["size"])
        return location, {}, False

    def _from_image(
        self, task: Row, volume: Row, backend: Backend, image_id: str
    ) -> tuple[str, Row]:
        assert self.images is not None
        context = RequestContext.from_dict(task["payload"]["context"])
        image = self.images.get(context, image_id)
        folder = self.core.conf.embedded.volume_store
        with image_source.opened(self.images, context, image, folder) as source:
            image_source.inspect(image, source, volume["size"])
            location = backend.create_from(volume["id"], volume["format"], volume["size"], source)
        return location, image_source.metadata_of(image)

    def _from_volume(self, task: Row, volume: Row, backend: Backend) -> tuple[str, Row, bool]:
        snapshot_id = volume["snapshot_id"] or task["payload"].get("temporary")
        with self.core.database.read() as conn:
            if snapshot_id:
                frozen = rows.get(conn, snapshots, snapshot_id)
                origin = rows.get(conn, volumes, frozen["volume_id"]) if frozen else None
            else:
                origin = frozen = rows.get(conn, volumes, volume["source_volid"])
            if origin is None or frozen is None or frozen["location"] is None:
                raise InvalidInput(reason="The source of the volume is gone.")
            pairs = volume_image_metadata
            metadata = rows.pairs_of(conn, pairs, pairs.c.volume_id, [origin["id"]])
        place = self.backends[origin["backend"]]
        source = place.source(frozen["location"], frozen["format"])
        if not snapshot_id and os.path.isfile(source.path):
            self._check_still(source.path, source.format, origin)
        if place is backend:
            location = backend.clone(
                volume["id"], volume["format"], volume["size"], frozen["location"], frozen["format"]
            )
        else:
            location = backend.create_from(volume["id"], volume["format"], volume["size"], source)
        return location, metadata.get(origin["id"], {}), bool(origin["bootable"])

    def _check_still(self, path: str, file_format: str, origin: Row) -> None:
        if qemu_img.is_written_to(path, file_format):
            raise BackendFailed(
                what="clone", reason=f"a server is writing to volume {origin['id']}: snapshot it"
            )

    # ---- delete ----

    def delete(self, task: Row) -> None:
        """With its snapshots, which were marked to go with it."""
        volume = self._volume(task)
        if volume is None:
            return self.drop(task)
        backend = self.backends[volume["backend"]]
        with self.core.database.read() as conn:
            frozen = records.snapshots_of(conn, volume["id"])
        for location in [volume["location"], *(row["location"] for row in reversed(frozen))]:
            if location:
                backend.remove(location)

        def record(conn: Connection) -> None:
            self.core.promises.finish(conn, task)
            for row in frozen:
                rows.delete(conn, snapshots, snapshots.c.id == row["id"])
            rows.delete(conn, attachments, attachments.c.volume_id == volume["id"])
            rows.delete(conn, volumes, volumes.c.id == volume["id"])

        self.core.database.run(record)
        return None

    # ---- extend ----

    def extend(self, task: Row) -> None:
        """A volume in use grows where its servers run, who are told; one that no server has open
        grows here."""
        volume = self._volume(task)
        if volume is None or volume["status"] != "extending":
            return self.drop(task)
        size, previous = task["payload"]["new_size"], task["payload"]["previous"]
        self.grow({**volume, "size": size}, in_use=previous == "in-use")

        def record(conn: Connection) -> list[str]:
            if not self.core.promises.finish(conn, task):
                return []
            rows.update(
                conn, volumes, volume["id"], {"status": previous, "size": size}, self.core.now()
            )
            found = records.attachments_of(conn, volume["id"])
            return [each["instance_uuid"] for each in found if each["instance_uuid"]]

        self.notify("volume-extended", volume["id"], self.core.database.run(record))
        return None

    def grow(self, volume: Row, *, in_use: bool) -> None:
        """Let the data have the row's size, unless that is for a server to do."""
        backend = self.backends[volume["backend"]]
        location, file_format = volume["location"], volume["format"]
        source = backend.source(location, file_format)
        if (
            in_use
            and os.path.isfile(source.path)
            and qemu_img.is_written_to(source.path, source.format)
        ):
            return
        backend.extend(location, file_format, volume["size"])

    def _extend_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        previous = task["payload"]["previous"]
        status = "error_extending" if previous == "available" else previous
        rows.update(conn, volumes, task["resource_id"], {"status": status}, self.core.now())
        self.core.report(conn, task, error)

    # ---- reimage ----

    def reimage(self, task: Row) -> None:
        """New content from an image, in the place of the old."""
        volume = self._volume(task)
        if volume is None or volume["status"] != "downloading":
            return self.drop(task)
        backend = self.backends[volume["backend"]]
        old = volume["location"]
        location, metadata = self._from_image(task, volume, backend, task["payload"]["image_id"])

        def record(conn: Connection) -> bool:
            if not self.core.promises.finish(conn, task):
                return False
            owner = volume_image_metadata.c.volume_id
            rows.set_pairs(conn, volume_image_metadata, owner, volume["id"], metadata, replace=True)
            changes = {
                "status": task["payload"]["previous"],
                "location": location,
                "bootable": True,
            }
            return rows.update(conn, volumes, volume["id"], changes, self.core.now())

        backend.remove(str(old) if self.core.database.run(record) else location)
        return None
