"""A guest as libvirt's domain XML. Pure: the same guest, the same text."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from novalite.exception import BuildAbort
from novalite.objects import VIF
from novalite.virt.libvirt import disk_xml
from novalite.virt.libvirt.guest import Guest

NOVA_NAMESPACE = "http://openstack.org/xmlns/libvirt/nova/1.1"
"""Under which monitoring tools look for a server's name, flavor and owner."""
OWNER_NAMESPACE = "urn:novalite:owner:1"
PACKAGE = "novalite"
# cloud-init looks for a metadata service when the machine calls itself so.
PRODUCT = "OpenStack Nova"
Q35_PORTS = 8

ET.register_namespace("nova", NOVA_NAMESPACE)
ET.register_namespace("novalite", OWNER_NAMESPACE)


def to_xml(guest: Guest) -> str:
    domain = ET.Element("domain", type=guest.virt_type)
    instance = guest.instance
    _text(domain, "uuid", instance.uuid)
    _text(domain, "name", guest.name)
    _text(domain, "memory", str(instance.memory_mb * 1024), unit="KiB")
    _text(domain, "vcpu", str(instance.vcpus))
    domain.append(_metadata(guest))
    if guest.cpu_tune:
        tune = ET.SubElement(domain, "cputune")
        for name, value in guest.cpu_tune.items():
            _text(tune, name, value)
    domain.append(_sysinfo(guest))
    domain.append(_os(guest))
    features = ET.SubElement(domain, "features")
    ET.SubElement(features, "acpi")
    ET.SubElement(features, "apic")
    domain.append(_cpu(guest))
    domain.append(_clock(guest))
    for action, then in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        _text(domain, f"on_{action}", then)
    domain.append(_devices(guest))
    return ET.tostring(domain, encoding="unicode")


def with_interfaces(xml: str, network_info: Sequence[VIF], model: str = "virtio") -> str:
    """The same domain with the interfaces that the server has now. An interface that stays
    keeps its place on the bus, so that the guest does not rename it."""
    domain = ET.fromstring(xml)
    devices = domain.find("devices")
    assert devices is not None
    old = {}
    for element in devices.findall("interface"):
        mac, kind = element.find("mac"), element.find("model")
        if mac is not None:
            old[mac.get("address", "").lower()] = element
        if kind is not None:
            model = kind.get("type", model)
        devices.remove(element)
    for vif in network_info:
        new = interface(vif, model)
        before = old.get(vif.address.lower())
        if before is not None:
            for tag in ("address", "driver"):
                kept = before.find(tag)
                if kept is not None:
                    new.append(kept)
        devices.append(new)
    return ET.tostring(domain, encoding="unicode")


def owner_in(metadata: str) -> str | None:
    """The owner's mark in the element that ``OWNER_NAMESPACE`` names."""
    return ET.fromstring(metadata).get("id")


def interface(vif: VIF, model: str, queues: int = 1) -> ET.Element:
    """Raises BuildAbort for a port that was not bound to this host in a way that we know."""
    if vif.type not in ("bridge", "ovs") or not vif.bridge or not vif.devname:
        raise BuildAbort(
            instance_uuid="", reason=f"port {vif.id} is of type {vif.type}, which cannot be plugged"
        )
    element = ET.Element("interface", type="bridge")
    ET.SubElement(element, "mac", address=vif.address)
    ET.SubElement(element, "source", bridge=vif.bridge)
    if vif.type == "ovs":
        port = ET.SubElement(element, "virtualport", type="openvswitch")
        ET.SubElement(port, "parameters", interfaceid=vif.id)
    ET.SubElement(element, "target", dev=vif.devname)
    ET.SubElement(element, "model", type=model)
    if queues > 1 and model == "virtio":
        ET.SubElement(element, "driver", queues=str(queues))
    ET.SubElement(element, "mtu", size=str(vif.mtu))
    return element


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, dict(attributes))
    element.text = text
    return element


def _metadata(guest: Guest) -> ET.Element:
    instance = guest.instance
    metadata = ET.Element("metadata")
    ET.SubElement(metadata, f"{{{OWNER_NAMESPACE}}}owner", id=guest.owner)
    top = ET.SubElement(metadata, f"{{{NOVA_NAMESPACE}}}instance")
    ET.SubElement(top, f"{{{NOVA_NAMESPACE}}}package", version=PACKAGE)
    _text(top, f"{{{NOVA_NAMESPACE}}}name", _printable(instance.display_name))
    if instance.created_at is not None:
        created = instance.created_at.strftime("%Y-%m-%d %H:%M:%S")
        _text(top, f"{{{NOVA_NAMESPACE}}}creationTime", created)
    if instance.flavor is not None:
        flavor = ET.SubElement(
            top, f"{{{NOVA_NAMESPACE}}}flavor", name=_printable(instance.flavor.name)
        )
        for tag, value in (
            ("memory", instance.memory_mb),
            ("disk", instance.root_gb),
            ("swap", instance.flavor.swap),
            ("ephemeral", instance.ephemeral_gb),
            ("vcpus", instance.vcpus),
        ):
            _text(flavor, f"{{{NOVA_NAMESPACE}}}{tag}", str(value))
    owner = ET.SubElement(top, f"{{{NOVA_NAMESPACE}}}owner")
    _text(owner, f"{{{NOVA_NAMESPACE}}}user", "", uuid=instance.user_id)
    _text(owner, f"{{{NOVA_NAMESPACE}}}project", "", uuid=instance.project_id)
    if instance.image_ref:
        ET.SubElement(top, f"{{{NOVA_NAMESPACE}}}root", type="image", uuid=instance.image_ref)
    return metadata


def _printable(text: str) -> str:
    """Without the control characters that XML has no way to write."""
    return "".join(character for character in text if character.isprintable())


def _sysinfo(guest: Guest) -> ET.Element:
    info = ET.Element("sysinfo", type="smbios")
    system = ET.SubElement(info, "system")
    for name, value in (
        ("manufacturer", PACKAGE),
        ("product", PRODUCT),
        ("serial", guest.instance.uuid),
        ("uuid", guest.instance.uuid),
        ("family", "Virtual Machine"),
    ):
        _text(system, "entry", value, name=name)
    return info


def _os(guest: Guest) -> ET.Element:
    element = ET.Element("os")
    if guest.firmware:
        element.set("firmware", guest.firmware)
    _text(element, "type", "hvm", machine=guest.machine)
    for tag, value in (
        ("kernel", guest.kernel),
        ("initrd", guest.ramdisk),
        ("cmdline", guest.command_line if guest.kernel else None),
    ):
        if value:
            _text(element, tag, value)
    ET.SubElement(element, "smbios", mode="sysinfo")
    return element


def _cpu(guest: Guest) -> ET.Element:
    cpu = guest.cpu
    element = ET.Element("cpu")
    if cpu.mode:
        element.set("mode", cpu.mode)
    if cpu.mode == "custom":
        element.set("match", "exact")
        if cpu.model:
            _text(element, "model", cpu.model, fallback="allow")
    ET.SubElement(
        element,
        "topology",
        sockets=str(cpu.sockets),
        cores=str(cpu.cores),
        threads=str(cpu.threads),
    )
    return element


def _clock(guest: Guest) -> ET.Element:
    element = ET.Element("clock", offset="localtime" if guest.local_time else "utc")
    if guest.virt_type == "kvm":
        ET.SubElement(element, "timer", name="pit", tickpolicy="delay")
        ET.SubElement(element, "timer", name="rtc", tickpolicy="catchup")
        ET.SubElement(element, "timer", name="hpet", present="no")
    return element


def _devices(guest: Guest) -> ET.Element:
    devices = ET.Element("devices")
    if guest.machine.startswith(("q35", "pc-q35")):
        # Without the root libvirt takes the first of the ports for it.
        ET.SubElement(devices, "controller", type="pci", index="0", model="pcie-root")
        for _ in range(Q35_PORTS):
            ET.SubElement(devices, "controller", type="pci", model="pcie-root-port")
    if any(disk.bus == "scsi" for disk in guest.disks):
        ET.SubElement(devices, "controller", type="scsi", model=guest.scsi_model)
    needs_usb = guest.usb_tablet or any(disk.bus == "usb" for disk in guest.disks)
    if not needs_usb:
        # libvirt would add one, which guests spend time to look through.
        ET.SubElement(devices, "controller", type="usb", model="none")
    for disk in guest.disks:
        devices.append(disk_xml.element(disk))
    for vif in guest.network_info:
        devices.append(interface(vif, guest.vif_model, guest.queues))
    _consoles(devices, guest)
    rng = ET.SubElement(devices, "rng", model="virtio")
    _text(rng, "backend", "/dev/urandom", model="random")
    balloon = ET.SubElement(devices, "memballoon", model="virtio")
    ET.SubElement(balloon, "stats", period="10")
    return devices


def _consoles(devices: ET.Element, guest: Guest) -> None:
    # A terminal to type on whose output libvirt copies to a file, by virtlogd or itself.
    serial = ET.SubElement(devices, "serial", type="pty")
    ET.SubElement(serial, "log", file=guest.console_log, append="on")
    ET.SubElement(serial, "target", port="0")
    if guest.guest_agent:
        channel = ET.SubElement(devices, "channel", type="unix")
        ET.SubElement(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    if not guest.vnc:
        return
    ET.SubElement(devices, "input", type="tablet", bus="usb" if guest.usb_tablet else "virtio")
    graphics = ET.SubElement(devices, "graphics", type="vnc")
    # libvirt puts the socket where QEMU's user may make it.
    ET.SubElement(graphics, "listen", type="socket")
    video = ET.SubElement(devices, "video")
    ET.SubElement(video, "model", type=guest.video_model)
