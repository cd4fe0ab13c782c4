"""What every start of the embedded image service makes sure of, and images of our own."""

import hashlib
import os
from typing import TYPE_CHECKING, Any

from oslo_log import log

from novalite.context import admin_context
from novalite.image.embedded.records import Image, ImageQuery
from novalite.image.embedded.service import ImageService
from novalite.image.embedded.store import file_chunks

if TYPE_CHECKING:
    from oslo_config import cfg

LOG = log.getLogger(__name__)

PLACEHOLDER = "placeholder"
PLACEHOLDER_BYTES = 1024


def bootstrap(conf: "cfg.ConfigOpts", service: ImageService, *, fake: bool = False) -> None:
    """Clean up after a process that was killed. ``fake``: register a tiny image, so that servers
    of the fake hypervisor have something to boot from."""
    service.recover()
    service.metadefs.bootstrap()
    if fake and not _ours(service, PLACEHOLDER):
        service.images.add(_values(PLACEHOLDER, "raw", "bare", {}), [bytes(PLACEHOLDER_BYTES)])


def ensure_image(
    service: ImageService,
    name: str,
    path: str,
    disk_format: str,
    *,
    container_format: str | None = None,
    properties: dict[str, str] | None = None,
    min_disk: int = 0,
    min_ram: int = 0,
) -> str:
    """A public image ``name`` with the data of the file ``path``; its id.

    Where there is one with the same data nothing is written but these properties. One with
    other data is superseded: it stays for the servers that use it, hidden from lists.
    """
    properties = properties or {}
    same, others = None, []
    size = os.path.getsize(path)
    digest: str | None = None
    for image in _ours(service, name):
        if image.size == size and image.disk_format == disk_format:
            digest = digest or _digest(path)
            if image.os_hash_value == digest:
                same = same or image
                continue
        others.append(image)
    if same is None:
        container = container_format or (
            disk_format if disk_format in ("aki", "ari", "ami") else "bare"
        )
        values = _values(name, disk_format, container, properties)
        values |= {"min_disk": min_disk, "min_ram": min_ram}
        same = service.images.add(values, file_chunks(path))
        LOG.info("Image %s registered as %s.", name, same.id)
    elif any(same.properties.get(name) != value for name, value in properties.items()):
        service.images.update(
            admin_context(), same.id, lambda found: found.properties.update(properties)
        )
    for image in others:
        service.images.update(admin_context(), image.id, _hide)
    return same.id


def _ours(service: ImageService, name: str) -> list[Image]:
    """Images that this module made: public ones without owner."""
    query = ImageQuery(
        everything=True,
        equal={
            "name": (name,),
            "visibility": ("public",),
            "status": ("active",),
            "os_hidden": (False,),
        },
    )
    return [image for image in service.images.find(query) if image.owner is None]


def _values(
    name: str, disk_format: str, container_format: str, properties: dict[str, str]
) -> dict[str, Any]:
    return {
        "name": name,
        "visibility": "public",
        "disk_format": disk_format,
        "container_format": container_format,
        "properties": dict(properties),
    }


def _hide(image: Image) -> None:
    image.os_hidden = True


def _digest(path: str) -> str:
    digest = hashlib.sha512()
    for chunk in file_chunks(path):
        digest.update(chunk)
    return digest.hexdigest()
