"""Images that this host fetches before any server needs them, because an operator asks for it.

Nothing depends on it: what is not fetched, or is lost with the process, the first server fetches.
"""

import logging
import threading

from novalite.compute.pool import Pool
from novalite.context import RequestContext
from novalite.exception import NovaliteError
from novalite.objects import ImageMeta
from novalite.virt.driver import ComputeDriver

LOG = logging.getLogger(__name__)


class ImageCaching:
    """One image after the other, so that builds keep the most of the host's network and disk."""

    def __init__(self, driver: ComputeDriver, host: str, stopping: threading.Event) -> None:
        self._driver = driver
        self._stopping = stopping
        self._pool = Pool(f"{host}-image", 1)

    def fetch(self, context: RequestContext, images: list[ImageMeta]) -> None:
        """Returns at once."""

        def one_after_the_other() -> None:
            context.update_store()
            for image in images:
                if not self._stopping.is_set():
                    self._fetch(context, image)

        self._pool.put(one_after_the_other)

    def _fetch(self, context: RequestContext, image: ImageMeta) -> None:
        try:
            self._driver.cache_image(context, image)
        except NovaliteError as error:
            LOG.warning("Image %s is not cached: %s", image.id, error)
        else:
            LOG.info("Image %s is in this host's cache", image.id)
