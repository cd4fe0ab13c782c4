"""Names of disks as guests see them (``/dev/vdb``), and the buses that go with them.

Pure: whoever answers a request and whoever attaches the disk work out the same.
"""

from collections.abc import Iterable, Iterator

from novalite.exception import DevicePathInUse
from novalite.objects.block_device import BlockDevice
from novalite.objects.instance import Instance

# bus -> how the guest's kernel names its disks
PREFIX = {"virtio": "vd", "xen": "xvd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd"}
DEFAULT_BUS = "virtio"
DEFAULT_CDROM_BUS = "sata"

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def short(name: str) -> str:
    """``vdb`` of ``/dev/vdb``."""
    return name.removeprefix("/dev/")


def bus_of(name: str) -> str | None:
    """The bus that a name speaks of; None for a name of no bus."""
    plain = short(name)
    for bus in ("virtio", "xen", "scsi", "ide"):
        if plain.startswith(PREFIX[bus]) and plain.removeprefix(PREFIX[bus]).isalpha():
            return bus
    return None


def next_free(bus: str, used: Iterable[str]) -> str:
    """The first name (``/dev/...``) of the bus that is not among ``used`` (either form)."""
    taken = {short(name) for name in used}
    prefix = PREFIX.get(bus, PREFIX[DEFAULT_BUS])
    return "/dev/" + next(name for name in _names(prefix) if name not in taken)


def for_attachment(
    instance: Instance, devices: Iterable[BlockDevice], wish: str | None = None
) -> tuple[str, str]:
    """(device name, bus) of a disk that is to be added to a server with ``devices``.

    ``wish`` is honoured where it is a name of the server's disk bus, and otherwise passed over,
    as the reference does with all wishes. Raises DevicePathInUse for one that is taken.
    ``instance`` needs its ``system_metadata`` for the image's ``hw_disk_bus``.
    """
    bus = (instance.system_metadata or {}).get("image_hw_disk_bus") or DEFAULT_BUS
    used = {short(device.device_name) for device in devices if device.device_name}
    for name in (
        instance.root_device_name,
        instance.default_ephemeral_device,
        instance.default_swap_device,
    ):
        if name:
            used.add(short(name))
    if wish:
        plain = short(wish)
        if plain in used:
            raise DevicePathInUse(path=f"/dev/{plain}")
        prefix = PREFIX.get(bus, PREFIX[DEFAULT_BUS])
        if plain in [prefix + letter for letter in _LETTERS[1:]]:
            return f"/dev/{plain}", bus
    return next_free(bus, used), bus


def _names(prefix: str) -> Iterator[str]:
    for letter in _LETTERS:
        yield prefix + letter
    for first in _LETTERS:
        for second in _LETTERS:
            yield prefix + first + second
