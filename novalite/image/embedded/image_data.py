"""An image's data: from its owner, through inspection, into a store; and back."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import queries, quotas
from novalite.image.embedded.cached_images import CachedImages
from novalite.image.embedded.core import Core
from novalite.image.embedded.fetching import Fetcher
from novalite.image.embedded.images import WITH_DATA, Images, of_data
from novalite.image.embedded.inspection import Inspection
from novalite.image.embedded.records import Image
from novalite.image.embedded.store import StorageFull, Store, Written
from novalite.image.embedded.stores import DEFAULT, HTTP


class ImageData:
    """A row has a location if and only if its file is whole in that store: the file comes first
    and goes last. Safe for threads."""

    def __init__(self, core: Core, images: Images, cached: CachedImages, fetcher: Fetcher) -> None:
        self.core = core
        self.images = images
        self.cached = cached
        self.fetcher = fetcher

    # ---- up ----

    def receive(
        self,
        context: RequestContext,
        image_id: str,
        chunks: Iterable[bytes],
        expected_size: int | None = None,
        store_name: str = DEFAULT,
    ) -> Image:
        """queued -> saving -> active; back to queued when anything fails.

        Raises ImageNotFound, Forbidden, Conflict (not queued), InvalidInput (not what it is
        declared to be), StorageFull, ImageSizeLimitExceeded, OverQuota.
        """
        store = self.core.stores.get(store_name)
        image, limit = self._begin(context, image_id, "saving")
        try:
            written, virtual_size = self._write(store, image, chunks, expected_size, limit)
        except BaseException:
            self._abandon(image_id, "saving")
            raise
        try:
            store.publish(written, image.id)
            return self._finish(image, of_data(written, virtual_size, [store_name]), store)
        except BaseException:
            store.discard(written.path)
            self._abandon(image_id, "saving")
            raise

    def stage(
        self,
        context: RequestContext,
        image_id: str,
        chunks: Iterable[bytes],
        expected_size: int | None = None,
    ) -> None:
        """queued -> uploading, with the data waiting for an import. What they are is looked at
        when they are imported. Raises what ``receive`` raises."""
        store = self.core.stores.staging
        image, limit = self._begin(context, image_id, "uploading")
        try:
            self._require_room(store, expected_size)
            written = store.write(chunks, limit)
            if expected_size not in (None, written.size):
                store.discard(written.path)
                raise _cut(expected_size, written.size)
            store.publish(written, image.id)
            self._record_staged(image_id, written.size)
        except BaseException:
            store.delete(image_id)
            self._abandon(image_id, "uploading")
            raise

    def _record_staged(self, image_id: str, size: int) -> None:
        changes = {"size": size, "updated_at": self.core.now()}
        there = self.core.write(
            lambda conn: queries.update(conn, image_id, changes, status=["uploading"])
        )
        if not there:  # deleted meanwhile
            raise exception.ImageNotFound(image_id=image_id)

    def _begin(self, context: RequestContext, image_id: str, status: str) -> tuple[Image, int]:
        """The image, and how many bytes may come."""
        saving = status == "saving"
        total = quotas.SIZE if saving else quotas.STAGED
        rule = "upload_image" if saving else "modify_image"

        def work(conn: Connection) -> tuple[Image, int]:
            image = self.images.authorized(conn, context, image_id, rule)
            if image.disk_format is None or image.container_format is None:
                raise exception.InvalidInput(
                    reason="Properties disk_format, container_format must be set prior to "
                    "saving data."
                )
            if image.status == "queued":
                deltas = {total: 0, quotas.UPLOADING: 1}
                self.core.quotas.check(conn, image.owner, **deltas)
            changes = {"status": status, "updated_at": self.core.now()}
            if not queries.update(conn, image_id, changes, status=["queued"]):
                raise exception.Conflict(
                    f"Image status transition from {image.status} to {status} is not allowed"
                )
            room = self.core.quotas.room(conn, image.owner, total)
            limit = self.core.size_limit
            return image, limit if room is None else min(limit, room)

        found: tuple[Image, int] = self.core.write(work)
        return found

    def _write(
        self,
        store: Store,
        image: Image,
        chunks: Iterable[bytes],
        expected_size: int | None,
        limit: int,
    ) -> tuple[Written, int | None]:
        self._require_room(store, expected_size)
        inspection = Inspection(image.disk_format or "raw", image.container_format)
        written = store.write(inspection.watch(chunks), limit)
        try:
            if expected_size not in (None, written.size):
                raise _cut(expected_size, written.size)
            return written, inspection.finish()
        except BaseException:
            store.discard(written.path)
            raise

    @staticmethod
    def _require_room(store: Store, size: int | None) -> None:
        if size is not None and size > store.room():
            raise StorageFull()

    def _finish(self, image: Image, changes: dict[str, Any], store: Store) -> Image:
        """The file is in its place before the row says so; a delete that came meanwhile wins."""
        changes = {**changes, "updated_at": self.core.now()}
        there = self.core.write(
            lambda conn: queries.update(conn, image.id, changes, status=["saving"])
        )
        if not there:
            store.delete(image.id)
            raise exception.ImageNotFound(image_id=image.id)
        for name, value in changes.items():
            setattr(image, name, value)
        return image

    def _abandon(self, image_id: str, status: str) -> None:
        changes = {"status": "queued", "size": None, "updated_at": self.core.now()}
        self.core.write(lambda conn: queries.update(conn, image_id, changes, status=[status]))

    # ---- down ----

    def open(
        self,
        context: RequestContext,
        image: Image,
        start: int = 0,
        length: int | None = None,
    ) -> Iterator[bytes]:
        """The data of an image that the caller has been shown. Raises Forbidden for one that is
        deactivated, ImageNotFound for one without data, DependencyUnavailable where they are at
        a URL that does not answer."""
        if image.status == "deactivated" and not self.core.access.is_admin(context):
            raise exception.Forbidden(
                "The requested image has been deactivated. Image data download is forbidden."
            )
        if image.status not in WITH_DATA:
            raise exception.ImageNotFound(image_id=image.id)
        cached = self.cached.read(image.id, start, length)
        if cached is not None:
            return cached
        if any(place.store != HTTP for place in image.locations):
            return self.core.stores.read(image.id, start, length)
        for place in image.locations:
            if place.url is not None:
                return self.fetcher.open(place.url, start, length).chunks
        raise exception.ImageNotFound(image_id=image.id)


def _cut(expected: int | None, came: int) -> exception.InvalidInput:
    return exception.InvalidInput(reason=f"{expected} bytes were announced, {came} came")
