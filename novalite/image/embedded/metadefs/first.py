"""The definitions of a new cloud: properties that its compute services understand."""

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]

IMAGE, VOLUME, FLAVOR, AGGREGATE, SERVER = (
    "OS::Glance::Image",
    "OS::Cinder::Volume",
    "OS::Nova::Flavor",
    "OS::Nova::Aggregate",
    "OS::Nova::Server",
)
RESOURCE_TYPES = (IMAGE, VOLUME, FLAVOR, AGGREGATE, SERVER)


def _text(title: str, description: str, *enum: str, default: str | None = None) -> Row:
    found: Row = {"title": title, "description": description, "type": "string"}
    if enum:
        found["enum"] = list(enum)
    if default is not None:
        found["default"] = default
    return found


def _number(title: str, description: str, minimum: int = 1) -> Row:
    return {"title": title, "description": description, "type": "integer", "minimum": minimum}


def _boolean(title: str, description: str) -> Row:
    return {"title": title, "description": description, "type": "boolean"}


_DEFINITIONS: list[tuple[str, str, str, list[tuple[str, str | None, str | None]], Row]] = [
    (
        "OS::Compute::VirtCPUTopology",
        "Virtual CPU Topology",
        "How the processors of a server are arranged in sockets, cores and threads.",
        [(IMAGE, "hw_", None), (VOLUME, "hw_", "image"), (FLAVOR, "hw:", None)],
        {
            "cpu_sockets": _number("vCPU Sockets", "Sockets to show the guest."),
            "cpu_cores": _number("vCPU Cores", "Cores of each socket."),
            "cpu_threads": _number("vCPU Threads", "Threads of each core."),
            "cpu_max_sockets": _number("Max vCPU Sockets", "Most sockets that are tried."),
            "cpu_max_cores": _number("Max vCPU Cores", "Most cores that are tried."),
            "cpu_max_threads": _number("Max vCPU Threads", "Most threads that are tried."),
        },
    ),
    (
        "OS::Compute::LibvirtImage",
        "libvirt Driver Options for Images",
        "The hardware that libvirt shows to servers made from an image.",
        [(IMAGE, "hw_", None), (VOLUME, "hw_", "image")],
        {
            "disk_bus": _text(
                "Disk Bus", "The kind of controller that disks hang on.",
                "virtio", "scsi", "sata", "ide", "usb",
            ),
            "cdrom_bus": _text(
                "CD-ROM Bus", "The kind of controller that CD-ROM drives hang on.",
                "sata", "ide", "scsi", "usb", "virtio",
            ),
            "vif_model": _text(
                "Virtual Network Interface", "The network card that the guest sees.",
                "virtio", "e1000", "e1000e", "rtl8139",
            ),
            "video_model": _text(
                "Video Model", "The graphics card that the guest sees.",
                "virtio", "vga", "qxl", "cirrus", "none",
            ),
            "machine_type": _text("Machine Type", "QEMU's machine: pc, q35, or a version of one."),
            "firmware_type": _text("Firmware Type", "What starts the guest.", "bios", "uefi"),
            "qemu_guest_agent": _boolean(
                "QEMU Guest Agent", "Whether the guest runs QEMU's agent and gets its channel."
            ),
            "rng_model": _text(
                "Random Number Generator", "Give the guest random numbers of the host.", "virtio"
            ),
        },
    ),
    (
        "OS::Compute::Watchdog",
        "Watchdog Behavior",
        "What happens to a server whose watchdog is not fed.",
        [(IMAGE, "hw_", None), (VOLUME, "hw_", "image"), (FLAVOR, "hw:", None)],
        {
            "watchdog_action": _text(
                "Watchdog Action", "The action when the guest hangs.",
                "disabled", "reset", "poweroff", "pause", "none",
            ),
        },
    ),
    (
        "OS::OperatingSystem",
        "Common Operating System Properties",
        "Which operating system is in an image.",
        [(IMAGE, None, None), (VOLUME, None, "image")],
        {
            "os_type": _text("OS Type", "The family of the operating system.", "linux", "windows"),
            "os_distro": _text("OS Distro", "The distribution's name in lower case."),
            "os_version": _text("OS Version", "The version, as its makers write it."),
            "os_admin_user": _text("OS Admin User", "The name of the user that may do all."),
            "architecture": _text(
                "CPU Architecture", "The processor that the programs are for.",
                "x86_64", "aarch64", "i686", "ppc64le", "s390x", "riscv64",
            ),
        },
    ),
    (
        "OS::Compute::Quota",
        "Flavor Quota",
        "Limits of the processor, the disk and the network of servers of a flavor.",
        [(FLAVOR, None, None)],
        {
            "quota:cpu_shares": _number("CPU Shares", "Weight against other servers."),
            "quota:cpu_period": _number("CPU Period", "Microseconds of one period."),
            "quota:cpu_quota": _number("CPU Quota", "Microseconds of each period.", -1),
            "quota:disk_read_bytes_sec": _number("Disk Read", "Bytes read in a second.", 0),
            "quota:disk_write_bytes_sec": _number("Disk Write", "Bytes written in a second.", 0),
            "quota:disk_total_iops_sec": _number("Disk Operations", "Operations in a second.", 0),
        },
    ),
]  # fmt: skip


def namespaces() -> Iterator[tuple[Row, dict[str, list[Row]]]]:
    """A namespace's row, and the rows of its parts."""
    for name, title, description, targets, properties in _DEFINITIONS:
        row = {
            "namespace": name,
            "display_name": title,
            "description": description,
            "visibility": "public",
            "protected": True,
            "owner": "admin",
        }
        yield (
            row,
            {
                "targets": [
                    {"resource_type": kind, "prefix": prefix, "properties_target": target}
                    for kind, prefix, target in targets
                ],
                "properties": [
                    {"name": one, "schema": schema} for one, schema in properties.items()
                ],
            },
        )
