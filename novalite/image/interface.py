"""What the compute services ask of an image service."""

from collections.abc import Iterator
from typing import Any, Protocol

from novalite.context import RequestContext
from novalite.objects import ImageMeta


class ImageAPI(Protocol):
    def get(self, context: RequestContext, image_id: str) -> ImageMeta:
        """Raises ImageNotFound also for an image that the caller may not see."""

    def download(self, context: RequestContext, image_id: str) -> Iterator[bytes]:
        """The image's data in chunks. Raises ImageNotFound."""

    def local_path(self, image_id: str) -> str | None:
        """A file of this host with the image's data, which the caller may hard-link or copy but
        never change; None when the service's store is elsewhere."""

    def list(self, context: RequestContext, **filters: Any) -> list[ImageMeta]: ...

    def create(self, context: RequestContext, body: dict[str, Any]) -> str:
        """The id of a new image without data. ``body`` is flat, as in POST /v2/images: ``name``,
        ``disk_format``, ``container_format``, ``visibility``, ``min_disk`` (GiB) and the rest,
        with custom properties (strings) beside them.

        Raises InvalidInput, Forbidden, Conflict, and what says that a quota is reached.
        """

    def upload(
        self,
        context: RequestContext,
        image_id: str,
        chunks: Iterator[bytes],
        size: int | None = None,
    ) -> None:
        """Give a queued image its data; ``size`` in bytes, if it is known before. After any error
        the image waits for data as before.

        Raises ImageNotFound, Forbidden, Conflict for an image that is not queued, InvalidInput
        for data that are not of the image's format.
        """

    def delete(self, context: RequestContext, image_id: str) -> None:
        """Raises ImageNotFound, Forbidden for a protected image."""
