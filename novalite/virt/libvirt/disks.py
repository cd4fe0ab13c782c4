"""The local disks of one guest: made, found again, never half there.

A disk is made under another name and renamed, so a ``disk`` that exists is whole and a second
attempt to build the same guest goes on from it. ``guest.json`` names the bases beneath the disks
and is written before the first of them, so that no base is aged out under a guest.
"""

import contextlib
import functools
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from novalite.context import RequestContext
from novalite.exception import BuildAbort, FlavorDiskTooSmall
from novalite.objects import BlockDevice, ImageMeta, Instance
from novalite.virt.libvirt import guest, qemu_img, volumes
from novalite.virt.libvirt.guest import Disk, Targets
from novalite.virt.libvirt.image_cache import Base, ImageCache
from novalite.virt.libvirt.paths import Paths

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI

GIB, MIB = 1 << 30, 1 << 20
NOTES = "guest.json"
ROOT = "disk"
DEFAULT_FILE_SYSTEM = "ext4"
_LABEL_OPTION = {"ext2": "-L", "ext3": "-L", "ext4": "-L", "xfs": "-L", "vfat": "-n"}


class Notes:
    """What a guest's directory says of itself."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def write(self, instance_uuid: str, owner: str, bases: Sequence[str]) -> None:
        path = self._paths.file(instance_uuid, NOTES)
        with open(path + ".part", "w") as file:
            json.dump({"owner": owner, "bases": list(bases)}, file)
        os.replace(path + ".part", path)

    def read(self, instance_uuid: str) -> dict[str, object]:
        try:
            with open(self._paths.file(instance_uuid, NOTES)) as file:
                found = json.load(file)
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def bases_in_use(self) -> set[str]:
        used: set[str] = set()
        for uuid in self._paths.guests():
            bases = self.read(uuid).get("bases")
            if isinstance(bases, list):
                used.update(bases)
        return used

    def owned_by(self, owner: str) -> list[str]:
        return [uuid for uuid in self._paths.guests() if self.read(uuid).get("owner") == owner]


class DiskBuilder:
    """Makes all disks of one guest but the config drive."""

    def __init__(
        self, paths: Paths, cache: ImageCache, notes: Notes, owner: str, images_type: str
    ) -> None:
        self._paths = paths
        self._cache = cache
        self._notes = notes
        self._owner = owner
        self._raw = images_type == "raw"

    def build(
        self,
        context: RequestContext,
        instance: Instance,
        image: ImageMeta,
        devices: Sequence[BlockDevice],
        targets: Targets,
    ) -> list[Disk]:
        """The disk to boot from is the first. Raises ImageUnacceptable, FlavorDiskTooSmall,
        BuildAbort, QemuImgFailed, VolumeDriverNotFound..."""
        ephemeral, swap = guest.local_disks(devices)
        root = guest.root_device(devices)
        planned: list[tuple[str, BlockDevice | None, Base, int]] = []
        from_volume = guest.boots_from_volume(devices)
        if image.id is not None and not from_volume:
            base = self._cache.disk(context, image)
            planned.append((ROOT, root, base, root_size(instance, base)))
        for number, device in enumerate(ephemeral):
            size = (device.volume_size or 0) * GIB
            made = self._formatted(device.guest_format, f"ephemeral{number}", size)
            planned.append((f"disk.eph{number}", device, made, size))
        for number, device in enumerate(swap):
            size = (device.volume_size or 0) * MIB
            name = "disk.swap" if number == 0 else f"disk.swap{number}"
            planned.append((name, device, self._formatted("swap", "swap", size), size))
        attached = [device for device in devices if device.is_volume]
        if not planned and not attached:
            raise BuildAbort(instance_uuid=instance.uuid, reason="the server has no disk")
        self._notes.write(instance.uuid, self._owner, [base.key for _, _, base, _ in planned])
        local = [
            self._disk(instance, image, targets, *plan, first=position == 0 and not from_volume)
            for position, plan in enumerate(planned)
        ]
        remote = [
            volumes.disk(device, targets.take(volumes.bus(device), device.device_name))
            for device in sorted(attached, key=_boot_position)
        ]
        return remote + local if from_volume else local + remote

    def _disk(
        self,
        instance: Instance,
        image: ImageMeta,
        targets: Targets,
        name: str,
        device: BlockDevice | None,
        base: Base,
        size: int,
        *,
        first: bool,
    ) -> Disk:
        path = self._paths.file(instance.uuid, name)
        bus = guest.disk_bus(image.properties, device.disk_bus if device else None)
        cdrom = (device is not None and device.device_type == "cdrom") or (
            name == ROOT and image.disk_format == "iso"
        )
        if cdrom and bus == "virtio":
            bus = "sata" if _is_q35(image) else "ide"
        wish = device.device_name if device else None
        if first and not wish:
            wish = instance.root_device_name

        def fill(part: str) -> None:
            if self._raw:
                qemu_img.convert(base.path, base.format, part, "raw")
                qemu_img.resize_raw(part, size)
            else:
                qemu_img.create_overlay(part, base.path, base.format, size)
            os.chmod(part, 0o600)

        _once(path, fill)
        return Disk(
            path=path,
            format="raw" if self._raw else "qcow2",
            target=targets.take(bus, wish),
            bus=bus,
            device="cdrom" if cdrom else "disk",
            readonly=cdrom,
            backing=None if self._raw else (base.path, base.format),
            boot_order=1 if first else None,
        )

    def _formatted(self, file_system: str | None, label: str, size: int) -> Base:
        """An empty file system of ``size`` bytes, as a base: all disks of a size share one."""
        kind = file_system or DEFAULT_FILE_SYSTEM
        if size <= 0:
            raise BuildAbort(instance_uuid="", reason=f"a {kind} disk of no size was asked for")

        def fill(path: str) -> tuple[str, int]:
            qemu_img.create_empty(path, "raw", size)
            make_file_system(path, kind, label)
            return "raw", size

        return self._cache.made(f"{kind}-{label}-{size}", fill)


def _boot_position(device: BlockDevice) -> int:
    """What may be booted from goes first, in that order."""
    last = 1 << 31
    return last if device.boot_index is None or device.boot_index < 0 else device.boot_index


def root_size(instance: Instance, base: Base) -> int:
    """Bytes of the root disk: what the flavor says, or the image's own size where it says 0."""
    wanted = instance.root_gb * GIB
    if not wanted:
        return base.virtual_size
    if base.virtual_size > wanted:
        raise FlavorDiskTooSmall(flavor_size=wanted, image_size=base.virtual_size)
    return wanted


def make_file_system(path: str, kind: str, label: str) -> None:
    """Raises BuildAbort for a kind that this host cannot make."""
    if kind == "swap":
        command = ["mkswap", "-q", "-L", label, path]
    elif kind in _LABEL_OPTION:
        quiet = [] if kind == "vfat" else ["-q"]
        force = ["-F"] if kind.startswith("ext") else []
        command = [f"mkfs.{kind}", *quiet, *force, _LABEL_OPTION[kind], label, path]
    else:
        raise BuildAbort(instance_uuid="", reason=f"file system {kind} is not supported")
    search = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": search}
        )
    except FileNotFoundError:
        raise BuildAbort(instance_uuid="", reason=f"{command[0]} is not installed") from None
    if done.returncode:
        raise BuildAbort(instance_uuid="", reason=f"{command[0]}: {done.stderr.strip()[-500:]}")


def boot_files(
    context: RequestContext,
    images: "ImageAPI | None",
    cache: ImageCache,
    paths: Paths,
    instance: Instance,
) -> dict[str, str]:
    """ "kernel" and "ramdisk" of a server that boots them directly -> their files in the
    guest's directory: they are its own, whatever becomes of the cache."""
    found: dict[str, str] = {}
    for name, image_id in (("kernel", instance.kernel_id), ("ramdisk", instance.ramdisk_id)):
        if not image_id or images is None:
            continue
        base = cache.kernel(context, images.get(context, image_id))
        path = paths.file(instance.uuid, name)
        _once(path, functools.partial(cache.hand_out, base.path))
        found[name] = path
    return found


def _once(path: str, fill: Callable[[str], None]) -> None:
    """Nothing to do where ``path`` is; otherwise it appears complete or not at all."""
    if os.path.exists(path):
        return
    part = path + ".part"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part)
    fill(part)
    os.replace(part, path)


def _is_q35(image: ImageMeta) -> bool:
    return "q35" in str(image.properties.get("hw_machine_type") or "")
