"""The embedded image service: what the compute services ask of it, and its parts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oslo_log import log

from novalite.clock import Clock
from novalite.context import RequestContext, admin_context
from novalite.db.engine import Database
from novalite.image.embedded import attributes, queries
from novalite.image.embedded.cached_images import CachedImages
from novalite.image.embedded.core import Core
from novalite.image.embedded.fetching import Fetcher
from novalite.image.embedded.image_data import ImageData
from novalite.image.embedded.images import Images
from novalite.image.embedded.import_tasks import ImportTasks
from novalite.image.embedded.imports import Imports
from novalite.image.embedded.locations import Locations
from novalite.image.embedded.metadefs.service import Metadefs
from novalite.image.embedded.records import Image
from novalite.image.embedded.remote_images import RemoteImages
from novalite.image.embedded.tasks import Tasks
from novalite.image.embedded.workers import Chore, Workers
from novalite.objects import ImageMeta
from novalite.policy import Enforcer

if TYPE_CHECKING:
    from oslo_config import cfg

LOG = log.getLogger(__name__)

Metas = list[ImageMeta]


class ImageService:
    """Implements ImageAPI by direct calls; ``app`` serves the same objects over HTTP.

    ``start`` needs the tables to be there; without it imports and other tasks wait. Thread-safe.
    """

    def __init__(
        self,
        conf: "cfg.ConfigOpts",
        database: Database,
        clock: Clock | None = None,
        policy: Enforcer | None = None,
    ) -> None:
        self.core = Core(conf, database, clock, policy)
        self.fetcher = Fetcher(conf)
        self.images = Images(self.core)
        self.cached_images = CachedImages(self.core, self.fetcher)
        self.data = ImageData(self.core, self.images, self.cached_images, self.fetcher)
        self.tasks = Tasks(self.core)
        self.imports = Imports(
            self.core,
            self.images,
            self.tasks,
            self.fetcher,
            RemoteImages(),
            lambda image: self.data.open(admin_context(), image),
        )  # fmt: skip
        self.import_tasks = ImportTasks(self.core, self.tasks, self.fetcher)
        self.locations = Locations(self.core, self.images, self.tasks, self.fetcher)
        self.metadefs = Metadefs(self.core)
        fill = Chore("cache", self.cached_images.pending, self.cached_images.fill)
        self.workers = Workers(self.core, self.tasks, [fill])

    @property
    def several_stores(self) -> bool:
        """Whether clients hear of stores at all, as they do of the real service's if it has
        several: openstacksdk takes ``stores`` of an image for a property that it may remove."""
        return len(self.core.stores.named) > 1 or self.locations.enabled

    # ---- ImageAPI ----

    def get(self, context: RequestContext, image_id: str) -> ImageMeta:
        return self.images.show(context, image_id).meta()

    def download(self, context: RequestContext, image_id: str) -> Iterator[bytes]:
        """Raises ImageNotFound also for an image without data, Forbidden."""
        image = self.images.show(context, image_id)
        self.core.access.authorize(context, "download_image", image)
        return self.data.open(context, image)

    def local_path(self, image_id: str) -> str | None:
        return self.core.stores.path(image_id)

    def list(self, context: RequestContext, **filters: Any) -> "Metas":
        """``filters``: columns or properties, equal to a value."""
        query = self.images.visible_to(context)
        for name, value in filters.items():
            if name in ("name", "id", "owner", "status", "visibility", "disk_format"):
                query.equal[name] = (value,)
            else:
                query.properties[name] = value
        return [image.meta() for image in self.images.find(query)]

    def create(self, context: RequestContext, body: dict[str, Any]) -> str:
        return self.register(context, body).id

    def register(self, context: RequestContext, body: dict[str, Any]) -> Image:
        """``create``, with the whole record."""
        for name in body:
            attributes.check_name(name)
        attributes.check_values(body)
        return self.images.register(context, attributes.split(body))

    def upload(
        self,
        context: RequestContext,
        image_id: str,
        chunks: Iterator[bytes],
        size: int | None = None,
    ) -> None:
        self.data.receive(context, image_id, chunks, size)

    def delete(self, context: RequestContext, image_id: str) -> None:
        self.images.delete(context, image_id)

    # ---- start and stop ----

    def start(self) -> None:
        """Take up what is to be done. What was interrupted is in order after ``recover``."""
        self.workers.start()

    def stop(self) -> None:
        self.workers.stop()
        self.close()

    def recover(self) -> None:
        """What a killed process left: half-done uploads and tasks, files without image. Only for
        the one process that owns the stores."""
        stores, database = self.core.stores, self.core.database
        if not stores.own():
            LOG.info("Another process owns the image store; nothing is cleaned up in it.")
            return
        now = self.core.now()
        stopped = self.core.write(lambda conn: queries.abandon_uploads(conn, now))
        stopped += self.workers.recover()
        with database.read() as conn:
            keep = {name: queries.ids_with_data(conn, name) for name in stores.named}
            staged = queries.ids_with_status(conn, "uploading", "importing")
        cached = {row["image_id"] for row in self.cached_images.list_()}
        removed = sum(store.sweep(keep[name]) for name, store in stores.named.items())
        removed += stores.staging.sweep(staged) + stores.cache.sweep(cached)
        there = {image_id for image_id in staged if stores.staging.path(image_id)}
        stopped += self.core.write(lambda conn: queries.abandon_staging(conn, there, now))
        if stopped or removed:
            LOG.warning(
                "%d uploads and tasks were interrupted, %d files removed.", stopped, removed
            )

    def close(self) -> None:
        self.core.stores.close()
