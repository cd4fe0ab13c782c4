"""What this machine offers to guests."""

import dataclasses
import os
import re
import tempfile
import uuid
import xml.etree.ElementTree as ET
from typing import Any

import libvirt
from oslo_config import cfg

from novalite.objects import ComputeNode
from novalite.virt.libvirt import cpu_traits
from novalite.virt.libvirt.connection import Connection
from novalite.virt.libvirt.kvm_probe import QemuUser, user_named
from novalite.virt.libvirt.paths import Paths

COMPUTE_ID = "compute_id"
GIB, MIB = 1 << 30, 1 << 20
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
# What this driver can do for a guest, as os-traits names it.
ABILITIES = (
    "COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_IMAGE_TYPE_ISO",
    "COMPUTE_IMAGE_TYPE_AMI", "COMPUTE_IMAGE_TYPE_AKI", "COMPUTE_IMAGE_TYPE_ARI",
    "COMPUTE_NET_VIF_MODEL_VIRTIO", "COMPUTE_NET_VIF_MODEL_E1000",
    "COMPUTE_NET_VIF_MODEL_E1000E", "COMPUTE_NET_VIF_MODEL_RTL8139",
    "COMPUTE_STORAGE_BUS_VIRTIO", "COMPUTE_STORAGE_BUS_SCSI", "COMPUTE_STORAGE_BUS_SATA",
    "COMPUTE_STORAGE_BUS_IDE", "COMPUTE_STORAGE_BUS_USB",
    "COMPUTE_GRAPHICS_MODEL_VGA", "COMPUTE_GRAPHICS_MODEL_VIRTIO",
    "COMPUTE_GRAPHICS_MODEL_CIRRUS", "COMPUTE_DEVICE_TAGGING",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What does not change while libvirtd runs. ``domain_types``: of this host's own
    architecture, as libvirt claims them."""

    hostname: str
    architecture: str
    vcpus: int
    hypervisor_type: str
    hypervisor_version: int
    cpu_model: str
    cpu_vendor: str
    cpu_topology: dict[str, int]
    cpu_features: tuple[str, ...]
    guest_types: tuple[tuple[str, str], ...]
    """(architecture, domain type) of every guest that QEMU could run here."""
    emulator: str
    qemu_user: QemuUser


def learn(connection: Connection, qemu_user: str = "") -> Facts:
    """Ask libvirt. ``qemu_user`` replaces its answer on whom QEMU runs as."""

    def ask(link: libvirt.virConnect) -> tuple[str, str, int, str, int]:
        return (
            link.getCapabilities(),
            link.getHostname(),
            link.getInfo()[2],
            link.getType(),
            link.getVersion(),
        )

    capabilities, hostname, vcpus, kind, version = connection.run(ask)
    facts = parse(capabilities, hostname, vcpus, kind, version)
    if qemu_user:
        facts = dataclasses.replace(facts, qemu_user=user_named(qemu_user))
    return facts


def parse(capabilities: str, hostname: str, vcpus: int, kind: str, version: int) -> Facts:
    """``capabilities``: libvirt's XML of that name."""
    root = ET.fromstring(capabilities)
    cpu = root.find("host/cpu")
    assert cpu is not None
    topology = cpu.find("topology")
    architecture = cpu.findtext("arch", "")
    guests, emulator = [], ""
    for guest in root.findall("guest"):
        arch = guest.find("arch")
        if arch is None or guest.findtext("os_type") != "hvm":
            continue
        for domain in arch.findall("domain"):
            guests.append((arch.get("name", ""), domain.get("type", "")))
        if arch.get("name") == architecture:
            emulator = arch.findtext("emulator", "")
    return Facts(
        hostname=hostname,
        architecture=architecture,
        vcpus=vcpus,
        hypervisor_type=kind,
        hypervisor_version=version,
        cpu_model=cpu.findtext("model", ""),
        cpu_vendor=cpu.findtext("vendor", ""),
        cpu_topology={
            name: int(topology.get(name, "1")) if topology is not None else 1
            for name in ("sockets", "cores", "threads")
        },
        cpu_features=tuple(sorted(f.get("name", "") for f in cpu.findall("feature"))),
        guest_types=tuple(guests),
        emulator=emulator,
        qemu_user=_dac_user(root),
    )


def _dac_user(root: ET.Element) -> QemuUser:
    """From the label that libvirt gives to guests' files: ``+uid:+gid``."""
    for model in root.findall("host/secmodel"):
        if model.findtext("model") == "dac":
            label = model.findtext("baselabel", "")
            found = re.fullmatch(r"\+(\d+):\+(\d+)", label.strip())
            if found:
                return QemuUser(int(found.group(1)), int(found.group(2)))
    return QemuUser()


def compute_id(state_path: str) -> str:
    """The uuid of this compute node: made once, then always the same."""
    path = os.path.join(state_path, COMPUTE_ID)
    try:
        with open(path) as file:
            return str(uuid.UUID(file.read().strip()))
    except FileNotFoundError:
        pass
    os.makedirs(state_path, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=state_path, prefix=f"{COMPUTE_ID}.")
    with open(handle, "w") as file:
        file.write(f"{uuid.uuid4()}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # Not a rename: of two that start at once, the second shall not replace the first's.
        os.link(part, path)
    except FileExistsError:
        pass
    os.unlink(part)
    with open(path) as file:
        return str(uuid.UUID(file.read().strip()))


def memory_mb() -> int:
    """MiB of this host. libvirt adds NUMA cells up, which misses memory that was added to a
    virtual machine while it ran."""
    with open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemTotal:"):
                return int(line.split()[1]) // 1024
    raise OSError("/proc/meminfo has no MemTotal")


def node(
    conf: cfg.ConfigOpts, host: str, facts: Facts, virt_type: str, paths: Paths
) -> ComputeNode:
    disk = os.statvfs(paths.root)
    return ComputeNode(
        host=host,
        hypervisor_hostname=facts.hostname,
        uuid=compute_id(conf.state_path),
        vcpus=facts.vcpus,
        memory_mb=memory_mb(),
        local_gb=disk.f_frsize * disk.f_blocks // GIB,
        reserved_vcpus=conf.reserved_host_cpus,
        reserved_memory_mb=conf.reserved_host_memory_mb,
        reserved_gb=-(-conf.reserved_host_disk_mb // 1024),
        cpu_allocation_ratio=_ratio(conf, "cpu"),
        ram_allocation_ratio=_ratio(conf, "ram"),
        disk_allocation_ratio=_ratio(conf, "disk"),
        disk_available_least=disk.f_frsize * disk.f_bavail // GIB - promised_gb(paths),
        hypervisor_type=facts.hypervisor_type,
        hypervisor_version=facts.hypervisor_version,
        host_ip=conf.my_ip,
        cpu_info={
            "arch": facts.architecture,
            "model": facts.cpu_model,
            "vendor": facts.cpu_vendor,
            "topology": dict(facts.cpu_topology),
            "features": list(facts.cpu_features),
        },
        supported_instances=supported_instances(facts, virt_type),
        traits=sorted({*ABILITIES, *cpu_traits.traits(facts.cpu_features)}),
    )


def supported_instances(facts: Facts, virt_type: str) -> list[list[str]]:
    """[architecture, hypervisor type, vm mode]; what the chosen virt type can really run."""
    return [
        [arch, kind, "hvm"]
        for arch, kind in facts.guest_types
        if kind == virt_type or (virt_type == "kvm" and kind == "qemu")
    ]


def promised_gb(paths: Paths) -> int:
    """GiB that the disks of guests may still grow: their sizes less what they hold."""
    total = 0
    for guest_uuid in paths.guests():
        folder = paths.guest(guest_uuid)
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            continue
        for name in names:
            if name == "disk" or name.startswith(("disk.eph", "disk.swap")):
                total += max(0, _virtual_size(os.path.join(folder, name)))
    return total // GIB


def _virtual_size(path: str) -> int:
    """Bytes that one of our own disks may still take up. The size is read where qcow2 keeps it,
    or is that of the sparse file; no more of a guest's disk is looked at."""
    try:
        status = os.stat(path)
        with open(path, "rb") as file:
            head = file.read(32)
    except OSError:
        return 0
    size = int.from_bytes(head[24:32], "big") if head[:4] == b"QFI\xfb" else status.st_size
    return size - status.st_blocks * 512


def _ratio(conf: cfg.ConfigOpts, resource: str) -> float:
    fixed = getattr(conf, f"{resource}_allocation_ratio")
    return float(fixed or getattr(conf, f"initial_{resource}_allocation_ratio"))


def connector(host_name: str, ip: str) -> dict[str, Any]:
    """What a volume service must know of this host. Volumes of the embedded one are files and
    devices of the host itself, so that no initiator of a storage network is asked for."""
    facts: dict[str, Any] = {
        "host": host_name,
        "ip": ip,
        "platform": os.uname().machine,
        "os_type": "linux",
        "multipath": False,
    }
    initiator = _iscsi_initiator()
    if initiator:
        facts["initiator"] = initiator
    return facts


def _iscsi_initiator(path: str = "/etc/iscsi/initiatorname.iscsi") -> str | None:
    """The name that open-iscsi gave this host."""
    try:
        with open(path) as file:
            for line in file:
                if line.startswith("InitiatorName="):
                    return line.partition("=")[2].strip()
    except OSError:
        pass
    return None
