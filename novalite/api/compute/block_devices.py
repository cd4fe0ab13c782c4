"""Block devices of a request: both forms of mapping, merged with image and flavor, checked."""

from collections.abc import Callable
from typing import Any

from oslo_utils import strutils, uuidutils

from novalite.api.compute import image_checks
from novalite.api.compute.request import CreateRequest
from novalite.exception import InvalidBDM
from novalite.objects import BlockDevice, Flavor, ImageMeta

MAX_INTEGER = 2**31 - 1
_DESTINATIONS = {
    "volume": ("volume",),
    "snapshot": ("volume",),
    "image": ("local", "volume"),
    "blank": ("local", "volume"),
}
_DEFAULT_DESTINATION = {
    "volume": "volume",
    "snapshot": "volume",
    "image": "local",
    "blank": "local",
}


def invalid(reason: str) -> InvalidBDM:
    return InvalidBDM(reason=reason)


# ---- reading the request ------------------------------------------------------


def read_mapping(entry: dict[str, Any], *, image_ref: str) -> BlockDevice | None:
    """One entry of ``block_device_mapping_v2``; None for an entry that says ``no_device``.

    Raises InvalidBDM.
    """
    if entry.get("no_device"):
        return None
    source = _source_type(entry)
    identifier = _identifier(entry, source)
    destination = entry.get("destination_type") or _DEFAULT_DESTINATION[source]
    if destination not in _DESTINATIONS[source]:
        raise invalid(f"Mapping {source} to {destination} is not supported.")
    device = BlockDevice(
        source_type=source,
        destination_type=destination,
        boot_index=_integer(entry.get("boot_index"), "boot_index"),
        volume_size=_size(entry.get("volume_size")),
        delete_on_termination=_boolean(entry, "delete_on_termination", destination == "local"),
        device_name=_device_name(entry.get("device_name")),
        guest_format=entry.get("guest_format"),
        device_type=entry.get("device_type"),
        disk_bus=entry.get("disk_bus"),
        tag=entry.get("tag"),
        volume_type=entry.get("volume_type") or None,
    )
    if device.boot_index is not None and device.boot_index < 0:
        device.boot_index = -1
    if source != "blank":
        setattr(device, f"{source}_id", identifier)
    _check_combination(device, image_ref)
    return device


def _source_type(entry: dict[str, Any]) -> str:
    source = entry.get("source_type")
    if source:
        return str(source)
    for kind in ("volume", "snapshot", "image"):
        if entry.get(f"{kind}_id"):
            return kind
    raise invalid("An entry needs a source_type.")


def _identifier(entry: dict[str, Any], source: str) -> str | None:
    given = entry.get("uuid")
    if source == "blank":
        if given:
            raise invalid("Invalid device UUID.")
        return None
    given = given or entry.get(f"{source}_id")
    if not given:
        raise invalid("Missing device UUID.")
    if not uuidutils.is_uuid_like(given):
        raise invalid("Invalid device UUID.")
    return str(given)


def _check_combination(device: BlockDevice, image_ref: str) -> None:
    if device.source_type == "image" and device.destination_type == "local":
        # Clients repeat the request's image as its own first disk; no other can be local.
        if device.boot_index != 0 or not image_ref:
            raise invalid("Mapping image to local is not supported.")
        if device.image_id != image_ref:
            raise invalid("The local boot disk must come from the image of the request.")
    if device.destination_type == "local" and device.volume_type:
        raise invalid("Specifying a volume_type with destination_type=local is not supported.")
    if device.source_type == "volume" and device.volume_type:
        raise invalid("Specifying volume type to existing volume is not supported.")


def read_legacy_mapping(entry: dict[str, Any]) -> BlockDevice | None:
    """One entry of ``block_device_mapping``, translated. Raises InvalidBDM."""
    if entry.get("no_device"):
        return None
    name = _device_name(entry.get("device_name"))
    size = _size(entry.get("volume_size"))
    virtual = entry.get("virtual_name") or ""
    if virtual.startswith("ephemeral") or virtual == "swap":
        return BlockDevice(
            source_type="blank",
            destination_type="local",
            boot_index=-1,
            device_name=name,
            volume_size=size,
            guest_format="swap" if virtual == "swap" else None,
            delete_on_termination=True,
        )
    source = next((kind for kind in ("snapshot", "volume") if entry.get(f"{kind}_id")), None)
    if source is None:
        raise invalid("Unrecognized legacy format.")
    return BlockDevice(
        source_type=source,
        destination_type="volume",
        boot_index=-1,
        device_name=name,
        volume_size=size,
        delete_on_termination=_boolean(entry, "delete_on_termination", False),
        **{f"{source}_id": entry[f"{source}_id"]},
    )


def _integer(value: Any, name: str) -> int | None:
    if value is None:
        return None
    try:
        number = int(value)
    except (ValueError, TypeError):
        raise invalid(f"{name} is not an integer.") from None
    if abs(number) > MAX_INTEGER:
        raise invalid(f"{name} is out of range.")
    return number


def _size(value: Any) -> int | None:
    size = _integer(value, "volume_size")
    if size is not None and size < 1:
        raise invalid("Volume size must be greater than 0.")
    return size


def _boolean(entry: dict[str, Any], name: str, default: bool) -> bool:
    value = entry.get(name)
    if value is None:
        return default
    try:
        return strutils.bool_from_string(value, strict=True)
    except ValueError:
        raise invalid(f"{name} is not a boolean.") from None


def _device_name(value: Any) -> str | None:
    if value is None:
        return None
    name = str(value)
    if " " in name:
        raise invalid("Device name contains spaces.")
    if not 0 < len(name) <= 255:
        raise invalid("Device name empty or too long.")
    return name if name.startswith("/dev/") else f"/dev/{name}"


# ---- the whole list -------------------------------------------------------------


def boot_device(devices: list[BlockDevice]) -> BlockDevice | None:
    return next((device for device in devices if device.boot_index == 0), None)


def is_swap(device: BlockDevice) -> bool:
    return _is_blank_local(device) and device.guest_format == "swap"


def is_ephemeral(device: BlockDevice) -> bool:
    return _is_blank_local(device) and device.guest_format != "swap"


def _is_blank_local(device: BlockDevice) -> bool:
    return device.source_type == "blank" and device.destination_type == "local"


def complete(
    request: CreateRequest,
    image: ImageMeta,
    flavor: Flavor,
    *,
    max_local: int,
    root_device_name: str | None,
    check_volumes: Callable[[list[BlockDevice]], None],
) -> list[BlockDevice]:
    """Every disk of each server: the image's, the request's, the flavor's; sizes filled in.

    ``max_local``: [DEFAULT]max_local_block_devices. ``check_volumes`` raises for volumes that
    cannot be had, and fills in their sizes. Raises InvalidBDM.
    """
    devices = _merge(request, image, root_device_name)
    if request.max_count > 1 and any(device.source_type == "volume" for device in devices):
        raise invalid("Cannot attach one or more volumes to multiple instances")
    _add_flavor_disks(devices, flavor)
    _check_boot_sequence(devices)
    check_volumes(devices)
    _check_local_disks(devices, flavor, max_local)
    _fill_sizes(devices, flavor)
    return devices


def _merge(
    request: CreateRequest, image: ImageMeta, root_device_name: str | None
) -> list[BlockDevice]:
    """The request's mappings win over the image's where both name a device."""
    requested = request.block_devices
    implied = requested is None or request.legacy_block_devices
    given = list(requested or [])
    named = {device.device_name for device in given if device.device_name}
    from_image = [
        device
        for entry in image_checks.defined_block_devices(image)
        if (device := read_mapping(entry, image_ref=request.image_ref)) is not None
        and device.device_name not in named
    ]
    if any(device.boot_index == 0 for device in from_image):
        given = [device for device in given if not _is_root_image(device)]
        return from_image + given
    if not implied:
        return from_image + given
    if request.image_ref:
        root = BlockDevice(
            source_type="image",
            destination_type="local",
            boot_index=0,
            image_id=request.image_ref,
            device_name=root_device_name,
            device_type="disk",
            delete_on_termination=True,
        )
        return [root, *from_image, *given]
    _choose_legacy_root(given, root_device_name)
    return from_image + given


def _is_root_image(device: BlockDevice) -> bool:
    return device.boot_index == 0 and device.source_type == "image"


def _choose_legacy_root(devices: list[BlockDevice], root_device_name: str | None) -> None:
    bootable = [device for device in devices if device.source_type != "blank"]
    named = [
        device for device in bootable if root_device_name and device.device_name == root_device_name
    ]
    for root in (named or bootable)[:1]:
        root.boot_index = 0


def _add_flavor_disks(devices: list[BlockDevice], flavor: Flavor) -> None:
    if flavor.ephemeral_gb > 0 and not any(map(is_ephemeral, devices)):
        devices.append(_blank(flavor.ephemeral_gb, None))
    if flavor.swap > 0 and not any(map(is_swap, devices)):
        devices.append(_blank(flavor.swap, "swap"))


def _blank(size: int, guest_format: str | None) -> BlockDevice:
    return BlockDevice(
        source_type="blank",
        destination_type="local",
        boot_index=-1,
        volume_size=size,
        guest_format=guest_format,
        device_type="disk",
        delete_on_termination=True,
    )


def _check_boot_sequence(devices: list[BlockDevice]) -> None:
    indexes = sorted(
        device.boot_index
        for device in devices
        if device.boot_index is not None and device.boot_index >= 0
    )
    if not indexes or indexes != list(range(len(indexes))):
        raise invalid(
            "Boot sequence for the instance and image/block device mapping combination "
            "is not valid."
        )
    root = boot_device(devices)
    if root is not None and root.source_type == "blank":
        raise invalid("A blank device cannot be booted from.")


def _check_local_disks(devices: list[BlockDevice], flavor: Flavor, max_local: int) -> None:
    local = [device for device in devices if device.destination_type == "local"]
    if 0 <= max_local < len(local):
        raise invalid("You specified more local devices than the limit allows")
    ephemerals = [device for device in local if is_ephemeral(device)]
    ephemeral_gb = sum(device.volume_size or flavor.ephemeral_gb for device in ephemerals)
    if ephemerals and (ephemeral_gb > flavor.ephemeral_gb):
        raise invalid(
            "Ephemeral disks requested are larger than the instance type allows. If no size is "
            "given in one block device mapping, flavor ephemeral size will be used."
        )
    swaps = [device for device in local if is_swap(device)]
    if len(swaps) > 1:
        raise invalid("More than one swap drive requested.")
    if swaps and (swaps[0].volume_size or 0) > flavor.swap:
        raise invalid("Swap drive requested is larger than instance type allows.")


def _fill_sizes(devices: list[BlockDevice], flavor: Flavor) -> None:
    for device in devices:
        if device.destination_type != "local":
            continue
        if device.source_type == "image":
            # Whatever the request said: the flavor's size is what the host's claim counts.
            device.volume_size = flavor.root_gb
        elif device.volume_size is not None:
            continue
        elif is_swap(device):
            device.volume_size = flavor.swap
        else:
            device.volume_size = flavor.ephemeral_gb
