"""The stores of the service: where data are kept, staged and cached."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from novalite import exception
from novalite.image.embedded.store import Store

if TYPE_CHECKING:
    from oslo_config import cfg

DEFAULT = "file"
HTTP = "web"  # data that stay where a URL names them
_STAGING = ".staging"
_CACHE = ".cache"


class Stores:
    """``named``: in the order of preference, ``file`` first. ``staging`` holds what was sent but
    not yet imported, ``cache`` what an administrator wants at hand. Safe for threads."""

    def __init__(self, conf: "cfg.ConfigOpts") -> None:
        first = conf.embedded.image_store
        self.named = {DEFAULT: Store(first)}
        for text in conf.embedded.image_stores:
            name, colon, directory = text.partition(":")
            if not colon or not name.isidentifier() or name in (*self.named, HTTP):
                raise ValueError(f"[embedded]image_stores: {text!r} is not name:directory")
            self.named[name] = Store(directory)
        self.staging = Store(os.path.join(first, _STAGING))
        self.cache = Store(os.path.join(first, _CACHE))

    @property
    def default(self) -> Store:
        return self.named[DEFAULT]

    def get(self, name: str) -> Store:
        """Raises InvalidInput for a name that is not configured."""
        store = self.named.get(name)
        if store is None:
            raise exception.Invalid(f"Invalid store id(s): {name}")
        return store

    def ordered(self, names: Iterable[str]) -> list[str]:
        """The stores among ``names`` by preference; others (``web``) behind them."""
        given = list(dict.fromkeys(names))
        known = [name for name in self.named if name in given]
        return known + [name for name in given if name not in self.named]

    def path(self, image_id: str) -> str | None:
        """A file of this host with an image's data, in whatever store."""
        for store in (*self.named.values(), self.cache):
            path = store.path(image_id)
            if path is not None:
                return path
        return None

    def holding(self, image_id: str) -> Store | None:
        for store in self.named.values():
            if store.path(image_id) is not None:
                return store
        return None

    def read(self, image_id: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Raises ImageNotFound where no store has the data."""
        store = self.holding(image_id)
        if store is None:
            raise exception.ImageNotFound(image_id=image_id)
        return store.read(image_id, start, length)

    def delete(self, image_id: str) -> None:
        """From everywhere. Deleting what is gone is not an error."""
        for store in (*self.named.values(), self.staging, self.cache):
            store.delete(image_id)

    def own(self) -> bool:
        """Whether this process is the one that cleans up."""
        return self.default.own()

    def close(self) -> None:
        self.default.close()
