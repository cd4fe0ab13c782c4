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
