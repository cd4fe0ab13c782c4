"""The image of a request: found, fit for the flavor, with properties that mean something."""

import json
from typing import Any

from novalite.api.compute import image_properties, parts
from novalite.context import RequestContext
from novalite.deployment import Deployment
from novalite.exception import (
    FlavorDiskSmallerThanMinDisk,
    FlavorDiskTooSmall,
    FlavorMemoryTooSmall,
    ImageNotActive,
    ImageNotFound,
    Invalid,
    ValidationError,
    VolumeRequiredForZeroDiskFlavor,
    VolumeSmallerThanMinDisk,
)
from novalite.image.interface import ImageAPI
from novalite.objects import BlockDevice, Flavor, ImageMeta

GIB = 1024**3
NO_KERNEL = "nokernel"
ZERO_DISK_RULE = "os_compute_api:servers:create:zero_disk_flavor"


def fetch(image_api: ImageAPI, context: RequestContext, image_ref: str) -> ImageMeta:
    """Raises ValidationError when the caller sees no such image."""
    try:
        return image_api.get(context, image_ref)
    except ImageNotFound:
        raise ValidationError(detail="Can not find requested image") from None


def kernel_and_ramdisk(
    image_api: ImageAPI, context: RequestContext, image: ImageMeta
) -> tuple[str, str]:
    """The ids of the image's kernel and ramdisk images, each empty for none.

    Raises ValidationError when one of them does not exist.
    """
    kernel_id = str(image.properties.get("kernel_id") or "")
    ramdisk_id = str(image.properties.get("ramdisk_id") or "")
    if kernel_id == NO_KERNEL:
        return "", ""
    for part in (kernel_id, ramdisk_id):
        if part:
            try:
                image_api.get(context, part)
            except ImageNotFound:
                raise ValidationError(detail=f"Image {part} could not be found.") from None
    return kernel_id, ramdisk_id


def auto_disk_config(requested: bool | None, image: ImageMeta) -> bool:
    """Whether the guest's disk is resized automatically: as requested, else as the image says.

    Raises Invalid when it is requested of an image that forbids it.
    """
    said = image_properties.value(image, "hw_auto_disk_config")
    if requested and str(said).lower() == "disabled":
        raise Invalid(f"Requested image {image.id} has automatic disk resize disabled.")
    if requested is not None:
        return requested
    return image_properties.as_bool(said)


def check(
    deployment: Deployment,
    context: RequestContext,
    image: ImageMeta,
    flavor: Flavor,
    root: BlockDevice | None,
) -> None:
    """The image against the flavor, and against the volume that boots. Raises 400s, and 403 for
    a flavor without root disk."""
    if image.id is not None and image.status != "active":
        raise ImageNotActive(image_id=image.id)
    if image.min_ram > flavor.memory_mb:
        raise FlavorMemoryTooSmall()
    if root is not None and root.is_volume:
        if root.volume_size and image.min_disk > root.volume_size:
            raise VolumeSmallerThanMinDisk(
                volume_size=root.volume_size * GIB, image_min_disk=image.min_disk * GIB
            )
        return
    if image.id is None:
        return
    if flavor.root_gb == 0:
        _check_zero_disk(deployment, context)
        return
    size = flavor.root_gb * GIB
    if image.size > size:
        raise FlavorDiskTooSmall(flavor_size=size, image_size=image.size)
    if image.min_disk * GIB > size:
        raise FlavorDiskSmallerThanMinDisk(flavor_size=size, min_disk=image.min_disk * GIB)


def _check_zero_disk(deployment: Deployment, context: RequestContext) -> None:
    """A flavor with disk 0 means "as large as the image", which the claims cannot account."""
    target = {"project_id": context.project_id, "user_id": context.user_id}
    if not parts.policy(deployment).allowed(context, ZERO_DISK_RULE, target):
        raise VolumeRequiredForZeroDiskFlavor()


def defined_block_devices(image: ImageMeta) -> list[dict[str, Any]]:
    """The mappings that the image brings along in its properties (second form only)."""
    text = image_properties.value(image, "img_block_device_mapping")
    if not text:
        return []
    try:
        mappings = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        raise Invalid("Invalid image metadata. Error: block_device_mapping is no JSON") from None
    if not isinstance(mappings, list) or not all(isinstance(item, dict) for item in mappings):
        raise Invalid("Invalid image metadata. Error: block_device_mapping is no list of objects")
    return mappings


def system_metadata(image: ImageMeta) -> dict[str, str]:
    """What a server remembers of the image that it was made from."""
    kept = {f"image_{name}": str(value) for name, value in image.properties.items()}
    kept["image_base_image_ref"] = image.id or ""
    kept["image_min_ram"] = str(image.min_ram)
    kept["image_min_disk"] = str(image.min_disk)
    for name in ("disk_format", "container_format"):
        value = getattr(image, name)
        if value:
            kept[f"image_{name}"] = value
    return {key[:255]: value for key, value in kept.items()}
