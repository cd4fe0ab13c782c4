"""The embedded image service: what the compute services and its own REST API ask of it."""

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from oslo_log import log
from sqlalchemy import Connection

from novalite import exception
from novalite.clock import Clock, SystemClock
from novalite.context import RequestContext
from novalite.db.engine import Database, DuplicateKey
from novalite.image.embedded import access, attributes, queries
from novalite.image.embedded.inspection import Inspection
from novalite.image.embedded.records import CONTAINER_FORMATS, DISK_FORMATS, Image, ImageQuery
from novalite.image.embedded.store import StorageFull, Store, Written
from novalite.objects import ImageMeta

if TYPE_CHECKING:
    from oslo_config import cfg

LOG = log.getLogger(__name__)

Images = list[Image]
Metas = list[ImageMeta]

QUOTA = 128  # properties, tags, members of one image
HASH = "sha512"


class QuotaExceeded(exception.NovaliteError):
    code = 413
    message = (
        "The limit has been exceeded on the number of allowed image {what}. "
        "Attempted: {attempted}, Maximum: {maximum}"
    )


class ImageService:
    """ImageAPI over the embedded database and store.

    A row is ``active`` if and only if its file is whole in the store: the file comes first and
    goes last. Safe for threads.
    """

    def __init__(
        self, conf: "cfg.ConfigOpts", database: Database, clock: Clock | None = None
    ) -> None:
        self.database = database
        self.clock = clock or SystemClock()
        self.store = Store(conf.embedded.image_store)
        self.size_limit = conf.embedded.image_size_limit
        self.page = conf.api.max_limit

    # ---- ImageAPI ----

    def get(self, context: RequestContext, image_id: str) -> ImageMeta:
        """Raises ImageNotFound also for an image that the caller may not see."""
        return self.show(context, image_id).meta()

    def download(self, context: RequestContext, image_id: str) -> Iterator[bytes]:
        """Raises ImageNotFound also for an image without data."""
        self.show(context, image_id)
        return self.store.read(image_id)

    def local_path(self, image_id: str) -> str | None:
        return self.store.path(image_id)

    def list(self, context: RequestContext, **filters: Any) -> "Metas":
        """``filters``: columns or properties, equal to a value."""
        query = self.visible_to(context)
        for name, value in filters.items():
            if name in ("name", "id", "owner", "status", "visibility", "disk_format"):
                query.equal[name] = (value,)
            else:
                query.properties[name] = value
        return [image.meta() for image in self.find(query)]

    def create(self, context: RequestContext, body: dict[str, Any]) -> str:
        for name in body:
            attributes.check_name(name)
        attributes.check_values(body)
        return self.register(context, attributes.split(body)).id

    def upload(
        self,
        context: RequestContext,
        image_id: str,
        chunks: Iterator[bytes],
        size: int | None = None,
    ) -> None:
        self.receive(context, image_id, chunks, size)

    # ---- reading ----

    def visible_to(self, context: RequestContext) -> ImageQuery:
        return ImageQuery(project_id=context.project_id, everything=access.is_admin(context))

    def find(self, query: ImageQuery) -> "Images":
        with self.database.read() as conn:
            return queries.list_(conn, query)

    def show(self, context: RequestContext, image_id: str) -> Image:
        """Raises ImageNotFound."""
        with self.database.read() as conn:
            return self.visible(conn, context, image_id)

    def visible(self, conn: Connection, context: RequestContext, image_id: str) -> Image:
        """Raises ImageNotFound."""
        image = queries.get(conn, image_id)
        if not access.is_visible(
            context, image, lambda project: queries.is_member(conn, image_id, project)
        ):
            raise exception.ImageNotFound(image_id=image_id)
        return image

    # ---- writing ----

    def register(self, context: RequestContext, values: dict[str, Any]) -> Image:
        """``values`` are members of Image. Raises Forbidden, Conflict, QuotaExceeded."""
        now = self.clock.now()
        owner = values.get("owner", context.project_id)
        if owner != context.project_id and not access.is_admin(context):
            raise exception.Forbidden(f"You are not permitted to create images owned by '{owner}'.")
        given = {"id": str(uuid.uuid4()), **values, "owner": owner}
        image = Image(created_at=now, updated_at=now, **given)
        access.require_publicity(context, image.visibility)
        _check(image)
        self._write(lambda conn: queries.create(conn, image))
        return image

    def update(
        self, context: RequestContext, image_id: str, change: Callable[[Image], None]
    ) -> Image:
        """``change`` alters the image that it is given, and may raise; it may be called again.

        Raises ImageNotFound, Forbidden, InvalidInput, QuotaExceeded.
        """

        def work(conn: Connection) -> Image:
            image = self.visible(conn, context, image_id)
            access.require_owner(context, image, "modify")
            before = (image.visibility, image.owner, image.disk_format, image.container_format)
            change(image)
            if image.visibility != before[0]:
                access.require_publicity(context, image.visibility)
            if image.owner != before[1] and not access.is_admin(context):
                raise exception.Forbidden("Only an administrator may change an image's owner.")
            formats = (image.disk_format, image.container_format)
            if formats != before[2:] and image.status != "queued":
                # Else data inspected as one format could be used as another.
                raise exception.Forbidden(
                    "Attributes disk_format and container_format can be only replaced for a "
                    "queued image."
                )
            _check(image)
            image.updated_at = self.clock.now()
            queries.update(conn, image_id, _changes(image))
            return image

        return self._write(work)

    def delete(self, context: RequestContext, image_id: str) -> None:
        """Raises ImageNotFound, Forbidden for a protected one."""

        def work(conn: Connection) -> None:
            image = self.visible(conn, context, image_id)
            access.require_owner(context, image, "delete")
            if image.protected:
                raise exception.Forbidden(f"Image {image_id} is protected and cannot be deleted.")
            queries.destroy(conn, image_id)

        self._write(work)
        self.store.delete(image_id)

    # ---- data ----

    def receive(
        self,
        context: RequestContext,
        image_id: str,
        chunks: Iterable[bytes],
        expected_size: int | None = None,
    ) -> Image:
        """queued -> saving -> active; back to queued when anything fails.

        Raises ImageNotFound, Forbidden, Conflict (not queued), InvalidInput (not what it is
        declared to be), StorageFull, ImageSizeLimitExceeded.
        """
        image = self._begin_upload(context, image_id)
        try:
            if expected_size is not None and expected_size > self.store.room():
                raise StorageFull()
            inspection = Inspection(image.disk_format or "raw")
            written = self.store.write(inspection.watch(chunks), self.size_limit)
        except BaseException:
            self._abandon(image_id)
            raise
        try:
            if expected_size not in (None, written.size):
                raise exception.InvalidInput(
                    reason=f"{expected_size} bytes were announced, {written.size} came"
                )
            return self._publish(image, written, inspection.finish())
        except BaseException:
            self.store.discard(written.path)
            self._abandon(image_id)
            raise

    def add(self, values: dict[str, Any], chunks: Iterable[bytes]) -> Image:
        """Data and row of a new image at once: killed in the middle, there is nothing. For the
        service's own images; raises as ``receive`` does."""
        now = self.clock.now()
        image = Image(created_at=now, updated_at=now, **{"id": str(uuid.uuid4()), **values})
        _check(image)
        inspection = Inspection(image.disk_format or "raw")
        written = self.store.write(inspection.watch(chunks), self.size_limit)
        try:
            for name, value in _data(written, inspection.finish()).items():
                setattr(image, name, value)
            self.store.publish(written, image.id)
            self._write(lambda conn: queries.create(conn, image))
        except BaseException:
            self.store.discard(written.path)
            self.store.delete(image.id)
            raise
        return image

    def _begin_upload(self, context: RequestContext, image_id: str) -> Image:
        def work(conn: Connection) -> Image:
            image = self.visible(conn, context, image_id)
            access.require_owner(context, image, "upload data of")
            if image.disk_format is None or image.container_format is None:
                raise exception.InvalidInput(
                    reason="Properties disk_format, container_format must be set prior to "
                    "saving data."
                )
            changes = {"status": "saving", "updated_at": self.clock.now()}
            if not queries.update(conn, image_id, changes, status=["queued"]):
                raise exception.Conflict(
                    f"Image status transition from {image.status} to saving is not allowed"
                )
            return image

        return self._write(work)

    def _publish(self, image: Image, written: Written, virtual_size: int) -> Image:
        """The file is in its place before the row says so; a delete that came meanwhile wins."""
        self.store.publish(written, image.id)
        changes = {**_data(written, virtual_size), "updated_at": self.clock.now()}
        there = self._write(lambda conn: queries.update(conn, image.id, changes, status=["saving"]))
        if not there:
            self.store.delete(image.id)
            raise exception.ImageNotFound(image_id=image.id)
        for name, value in changes.items():
            setattr(image, name, value)
        return image

    def _abandon(self, image_id: str) -> None:
        changes = {"status": "queued", "updated_at": self.clock.now()}
        self._write(lambda conn: queries.update(conn, image_id, changes, status=["saving"]))

    # ---- start and stop ----

    def recover(self) -> None:
        """What a killed process left: half-done uploads, files without image. Only for the one
        process that owns the store."""
        if not self.store.own():
            LOG.info("Another process owns the image store; nothing is cleaned up in it.")
            return
        now = self.clock.now()
        stopped = self._write(lambda conn: queries.abandon_uploads(conn, now))
        with self.database.read() as conn:
            keep = queries.ids_with_data(conn)
        removed = self.store.sweep(keep)
        if stopped or removed:
            LOG.warning("%d uploads were interrupted, %d files removed.", stopped, removed)

    def close(self) -> None:
        self.store.close()

    def _write(self, work: Callable[[Connection], Any]) -> Any:
        try:
            return self.database.run(work)
        except DuplicateKey as e:  # another process was faster than our check
            raise exception.Conflict("Duplicate entry found.") from e


def file_chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while chunk := file.read(1024 * 1024):
            yield chunk


def _data(written: Written, virtual_size: int) -> dict[str, Any]:
    return {
        "status": "active",
        "size": written.size,
        "virtual_size": virtual_size,
        "checksum": written.checksum,
        "os_hash_algo": HASH,
        "os_hash_value": written.os_hash_value,
    }


def _changes(image: Image) -> dict[str, Any]:
    """What a change of the record may write; what belongs to the data is left alone."""
    names = (
        "name", "owner", "visibility", "protected", "os_hidden", "disk_format",
        "container_format", "min_disk", "min_ram", "updated_at", "properties", "tags",
    )  # fmt: skip
    return {name: getattr(image, name) for name in names}


def _check(image: Image) -> None:
    """Raises InvalidInput, QuotaExceeded."""
    for what in ("properties", "tags"):
        attempted = len(getattr(image, what))
        if attempted > QUOTA:
            raise QuotaExceeded(what=what, attempted=attempted, maximum=QUOTA)
    disk, container = image.disk_format, image.container_format
    if disk is not None and disk not in DISK_FORMATS:
        raise exception.InvalidInput(reason=f"Invalid disk format {disk}")
    if container is not None and container not in CONTAINER_FORMATS:
        raise exception.InvalidInput(reason=f"Invalid container format {container}")
    special = {"aki", "ari", "ami"} & {disk, container}
    if special and disk is not None and container is not None and disk != container:
        raise exception.InvalidInput(
            reason="Invalid mix of disk and container formats. When setting a disk or container "
            "format to one of 'aki', 'ari', or 'ami', the container and disk formats must match."
        )
