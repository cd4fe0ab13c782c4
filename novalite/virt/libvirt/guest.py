"""What a server's guest is made of: flavor and image in, machine out. Pure decisions."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from novalite.exception import InvalidImageProperty
from novalite.objects import VIF, BlockDevice, ImageMeta, Instance

PREFIXES = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd"}
DEFAULT_BUS = "virtio"
COMMAND_LINE = "root=/dev/{root} console=tty0 console=ttyS0"
TRUE = ("1", "true", "yes", "on", "t", "y")


@dataclasses.dataclass(frozen=True, slots=True)
class Disk:
    """``target`` is the guest's name for it (``vda``); ``backing`` is (path, format) of the
    file under it; ``boot_order`` from 1; ``type``: file or block. ``whole_chain``: whether
    ``backing`` says all; for a volume libvirt follows the names in its qcow2 files instead,
    which are the volume service's and not a guest's to write."""

    path: str
    format: str
    target: str
    bus: str = DEFAULT_BUS
    device: str = "disk"
    readonly: bool = False
    backing: tuple[str, str] | None = None
    boot_order: int | None = None
    serial: str | None = None
    type: str = "file"
    cache: str = "writeback"
    shareable: bool = False
    whole_chain: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Cpu:
    """``mode`` None: no wish. ``model`` only with mode ``custom``."""

    mode: str | None = None
    model: str | None = None
    sockets: int = 1
    cores: int = 1
    threads: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Guest:
    """All of a domain. ``vnc``: on a unix socket of libvirt's choice. ``kernel`` and
    ``ramdisk`` are paths; ``owner`` marks the domain as this compute service's."""

    instance: Instance
    name: str
    owner: str
    virt_type: str
    machine: str
    cpu: Cpu
    disks: Sequence[Disk]
    network_info: Sequence[VIF]
    console_log: str
    vif_model: str = "virtio"
    video_model: str = "vga"
    scsi_model: str = "virtio-scsi"
    firmware: str | None = None
    kernel: str | None = None
    ramdisk: str | None = None
    command_line: str | None = None
    vnc: bool = True
    usb_tablet: bool = False
    guest_agent: bool = False
    queues: int = 1
    local_time: bool = False
    cpu_tune: Mapping[str, str] = dataclasses.field(default_factory=dict)


def is_true(value: Any) -> bool:
    return str(value).strip().lower() in TRUE


def wants_config_drive(instance: Instance, image: ImageMeta, force: bool) -> bool:
    return (
        force
        or is_true(instance.config_drive)
        or image.properties.get("img_config_drive") == "mandatory"
    )


def disk_bus(properties: Mapping[str, Any], wish: str | None = None) -> str:
    """Raises InvalidImageProperty."""
    bus = wish or properties.get("hw_disk_bus") or DEFAULT_BUS
    if bus not in PREFIXES:
        raise InvalidImageProperty(reason=f"Disk bus {bus} is not supported")
    return bus


def config_drive_bus(properties: Mapping[str, Any]) -> tuple[str, str]:
    """(bus, device). A plain virtio disk unless the image says otherwise: kernels made for
    clouds lack the drivers of IDE and SATA CD drives, and every one has this."""
    wish = properties.get("hw_cdrom_bus")
    if wish in PREFIXES and wish != "virtio":
        return wish, "cdrom"
    bus = disk_bus(properties)
    return (bus, "disk") if bus in ("virtio", "usb") else (bus, "cdrom")


class Targets:
    """Names for disks as a guest sees them, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, bus: str, wish: str | None = None) -> str:
        """``wish`` (``/dev/vdb``) is honoured where it fits the bus and is free."""
        prefix = PREFIXES[bus]
        name = (wish or "").removeprefix("/dev/")
        if not name.startswith(prefix) or name in self._taken or not name[2:].isalpha():
            name = next(
                prefix + letter
                for letter in "abcdefghijklmnopqrstuvwxyz"
                if prefix + letter not in self._taken
            )
        self._taken.add(name)
        return name

    def take_last(self, bus: str) -> str:
        name = PREFIXES[bus] + ("z" if bus != "ide" else "d")
        if name in self._taken:
            return self.take(bus)
        self._taken.add(name)
        return name


def local_disks(devices: Sequence[BlockDevice]) -> tuple[list[BlockDevice], list[BlockDevice]]:
    """(ephemeral, swap)."""
    blank = [d for d in devices if d.source_type == "blank" and not d.no_device and not d.is_volume]
    ephemeral = [d for d in blank if d.guest_format != "swap"]
    return ephemeral, [d for d in blank if d.guest_format == "swap"]


def root_device(devices: Sequence[BlockDevice]) -> BlockDevice | None:
    """The local one, made from an image."""
    local = (d for d in devices if d.source_type == "image" and not d.is_volume)
    return next((d for d in local if d.boot_index == 0), None)


def boots_from_volume(devices: Sequence[BlockDevice]) -> bool:
    return any(device.is_volume and device.boot_index == 0 for device in devices)


def cpu(
    mode: str | None,
    models: Sequence[str],
    virt_type: str,
    vcpus: int,
    extra_specs: Mapping[str, str],
    properties: Mapping[str, Any],
) -> Cpu:
    """``mode`` and ``models`` as configured. Unset: the host's with KVM, QEMU's own without."""
    chosen = mode or ("host-model" if virt_type == "kvm" else "none")
    if virt_type == "qemu" and chosen in ("host-model", "host-passthrough"):
        chosen = "none"  # an emulated processor cannot be the host's
    sockets, cores, threads = topology(vcpus, extra_specs, properties)
    return Cpu(
        mode=None if chosen == "none" else chosen,
        model=models[0] if chosen == "custom" and models else None,
        sockets=sockets,
        cores=cores,
        threads=threads,
    )


def topology(
    vcpus: int, extra_specs: Mapping[str, str], properties: Mapping[str, Any]
) -> tuple[int, int, int]:
    """(sockets, cores, threads), whose product is ``vcpus``. The flavor's wishes go before the
    image's; what is not wished follows; what cannot be is one socket per processor."""
    wishes = {}
    for part in ("sockets", "cores", "threads"):
        value = extra_specs.get(f"hw:cpu_{part}") or properties.get(f"hw_cpu_{part}")
        wishes[part] = int(value) if value and str(value).isdigit() else 0
    if not any(wishes.values()):
        return vcpus, 1, 1
    threads = wishes["threads"] or 1
    cores = wishes["cores"]
    sockets = wishes["sockets"]
    if not cores:
        cores = vcpus // (sockets * threads) if sockets else 1
    if not sockets:
        sockets = vcpus // (cores * threads) if cores else 0
    if sockets * cores * threads != vcpus:
        return vcpus, 1, 1
    return sockets, cores, threads


def cpu_tune(extra_specs: Mapping[str, str]) -> dict[str, str]:
    """The flavor's quota:cpu_* as libvirt's names."""
    return {
        name: extra_specs[f"quota:cpu_{name}"]
        for name in ("shares", "period", "quota")
        if extra_specs.get(f"quota:cpu_{name}")
    }


def queues(vcpus: int, extra_specs: Mapping[str, str], properties: Mapping[str, Any]) -> int:
    wanted = extra_specs.get("hw:vif_multiqueue_enabled") or properties.get(
        "hw_vif_multiqueue_enabled", ""
    )
    return min(vcpus, 256) if is_true(wanted) else 1


def command_line(properties: Mapping[str, Any], root: str) -> str:
    return properties.get("os_command_line") or COMMAND_LINE.format(root=root)


def firmware(properties: Mapping[str, Any]) -> str | None:
    return "efi" if properties.get("hw_firmware_type") == "uefi" else None
