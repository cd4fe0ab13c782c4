"""The cache: images that an administrator wants on this host's own disk, wherever they are kept."""

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.image.embedded import queries, tables
from novalite.image.embedded.core import Core
from novalite.image.embedded.fetching import Fetcher
from novalite.image.embedded.records import Image

Row = dict[str, Any]
QUEUED, CACHED = "queued", "cached"
_columns = tables.cached_images.c


class CachedImages:
    """A row is ``cached`` if and only if the file is whole in the cache. Safe for threads."""

    def __init__(self, core: Core, fetcher: Fetcher) -> None:
        self.core = core
        self.fetcher = fetcher

    def list_(self) -> list[Row]:
        with self.core.database.read() as conn:
            statement = sa.select(tables.cached_images).order_by(_columns.last_modified)
            return [dict(row) for row in conn.execute(statement).mappings()]

    def queue(self, image_id: str) -> None:
        """Raises ImageNotFound, Invalid for an image without data. One that is there already
        stays as it is."""

        def work(conn: Connection) -> None:
            image = queries.get(conn, image_id)
            if image.status != "active":
                raise exception.Invalid(
                    "Only images with status active can be targeted for queueing"
                )
            there = sa.select(_columns.image_id).where(_columns.image_id == image_id)
            if conn.execute(there).first() is not None:
                return
            values = {
                "image_id": image_id,
                "status": QUEUED,
                "size": image.size or 0,
                "hits": 0,
                "last_modified": self.core.now(),
            }
            conn.execute(sa.insert(tables.cached_images), values)

        self.core.write(work)

    def remove(self, image_id: str) -> None:
        """Raises ImageNotFound for an image that is neither cached nor queued."""
        statement = sa.delete(tables.cached_images).where(_columns.image_id == image_id)
        if not self.core.write(lambda conn: conn.execute(statement).rowcount):
            raise exception.ImageNotFound(image_id=image_id)
        self.core.stores.cache.delete(image_id)

    def clear(self, statuses: tuple[str, ...]) -> None:
        gone = sa.select(_columns.image_id).where(_columns.status.in_(statuses))
        statement = sa.delete(tables.cached_images).where(_columns.status.in_(statuses))

        def work(conn: Connection) -> list[str]:
            ids = list(conn.execute(gone).scalars())
            conn.execute(statement)
            return ids

        for image_id in self.core.write(work):
            self.core.stores.cache.delete(image_id)

    def read(self, image_id: str, start: int, length: int | None) -> Iterator[bytes] | None:
        """The cached data; None where they are not cached."""
        cache = self.core.stores.cache
        if cache.path(image_id) is None:
            return None
        statement = sa.update(tables.cached_images).where(
            _columns.image_id == image_id, _columns.status == CACHED
        )
        values = {"hits": _columns.hits + 1, "last_accessed": self.core.now()}
        if not self.core.write(lambda conn: conn.execute(statement.values(values)).rowcount):
            return None
        with contextlib.suppress(exception.ImageNotFound):
            return cache.read(image_id, start, length)
        return None

    # ---- the work ----

    def pending(self) -> bool:
        with self.core.database.read() as conn:
            queued = sa.select(_columns.image_id).where(_columns.status == QUEUED).limit(1)
            return conn.execute(queued).first() is not None

    def fill(self) -> None:
        """Bring in what is queued. One image that cannot be had does not stop the others: it
        leaves the queue."""
        with self.core.database.read() as conn:
            queued = sa.select(_columns.image_id).where(_columns.status == QUEUED)
            ids = list(conn.execute(queued).scalars())
        for image_id in ids:
            try:
                with self.core.database.read() as conn:
                    image = queries.get(conn, image_id)
                size = self._bring(image)
            except (exception.NovaliteError, FileNotFoundError):
                with contextlib.suppress(exception.ImageNotFound):
                    self.remove(image_id)
                continue
            self._record(image_id, size)

    def _bring(self, image: Image) -> int:
        cache = self.core.stores.cache
        store = self.core.stores.holding(image.id)
        if store is not None:
            return cache.adopt(store.path(image.id) or "", image.id)
        for place in image.locations:
            if place.url is not None:
                fetched = self.fetcher.open(place.url)
                written = cache.write(fetched.chunks, self.core.size_limit)
                cache.publish(written, image.id)
                return written.size
        raise exception.ImageNotFound(image_id=image.id)

    def _record(self, image_id: str, size: int) -> None:
        statement = sa.update(tables.cached_images).where(_columns.image_id == image_id)
        values = {"status": CACHED, "size": size, "last_modified": self.core.now()}
        if not self.core.write(lambda conn: conn.execute(statement.values(values)).rowcount):
            self.core.stores.cache.delete(image_id)  # taken out, or deleted, meanwhile
