"""Images as sources of volumes: their data as a file of this host, and what is kept of them.

An image is what a user uploaded. Its format is the one that the image service's record names, the
file is checked against it, and a file that refers to others is refused.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from novalite import disk_images
from novalite.context import RequestContext
from novalite.exception import ImageUnacceptable
from novalite.volume.embedded import qemu_img
from novalite.volume.embedded.backends import GIB, Source
from novalite.volume.embedded.core import Row

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI
    from novalite.objects import ImageMeta

FORMATS = {
    "raw": "raw",
    "iso": "raw",
    "ami": "raw",
    "ari": "raw",
    "aki": "raw",
    "qcow2": "qcow2",
    "vmdk": "vmdk",
    "vdi": "vdi",
    "vhd": "vpc",
    "vhdx": "vhdx",
}
"""Disk format -> qemu-img's name of it."""
INSPECTOR_NAMES = {"vhd": "vhd", "vhdx": "vhdx", "vmdk": "vmdk", "vdi": "vdi", "qcow2": "qcow2"}
TEMPORARY = ".incoming-"


@contextlib.contextmanager
def opened(
    images: "ImageAPI", context: RequestContext, image: "ImageMeta", folder: str
) -> Iterator[Source]:
    """The image's data, downloaded to ``folder`` if they are not on this host."""
    file_format = FORMATS.get(image.disk_format or "raw")
    if file_format is None:
        raise ImageUnacceptable(
            image_id=image.id, reason=f"unsupported disk format {image.disk_format}"
        )
    assert image.id is not None
    path = images.local_path(image.id)
    if path is not None:
        yield Source(path, file_format)
        return
    path = os.path.join(folder, f"{TEMPORARY}{uuid.uuid4().hex}")
    try:
        with open(path, "xb") as file:
            for chunk in images.download(context, image.id):
                file.write(chunk)
        yield Source(path, file_format)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def inspect(image: "ImageMeta", source: Source, size: int) -> None:
    """Raises ImageUnacceptable when the data are not of the format that the image names, refer to
    other files, or are larger than ``size`` GiB."""
    if source.format == "raw":
        return
    _check_safe(image, source)
    found = qemu_img.info(source.path, source.format)
    if found.get("backing-filename") or found.get("data-file"):
        raise ImageUnacceptable(image_id=image.id, reason="it refers to another file")
    if found["virtual-size"] > size * GIB:
        actual = -(-int(found["virtual-size"]) // GIB)
        raise ImageUnacceptable(
            image_id=image.id,
            reason=f"Image virtual size is {actual}GB and doesn't fit in a volume of size "
            f"{size}GB.",
        )


def _check_safe(image: "ImageMeta", source: Source) -> None:
    """Before qemu-img looks at the file at all."""
    from oslo_utils.imageutils import format_inspector

    try:
        inspector = format_inspector.detect_file_format(source.path)
        if str(inspector) != INSPECTOR_NAMES[image.disk_format or "qcow2"]:
            raise ImageUnacceptable(
                image_id=image.id, reason=f"its data are {inspector}, not {image.disk_format}"
            )
        assert inspector is not None
        why = disk_images.why_unsafe(inspector)
    except format_inspector.ImageFormatError as error:
        raise ImageUnacceptable(image_id=image.id, reason=str(error)) from error
    if why is not None:
        raise ImageUnacceptable(image_id=image.id, reason=why)


def metadata_of(image: "ImageMeta") -> Row:
    """What a volume keeps of its image."""
    own = {
        "image_id": image.id,
        "image_name": image.name,
        "checksum": image.checksum,
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "size": image.size,
    }
    properties = {
        key: value for key, value in image.properties.items() if isinstance(value, str | int)
    }
    return {key: str(value) for key, value in {**properties, **own}.items() if value is not None}
