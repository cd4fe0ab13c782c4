"""Pieces of the domain XML: each says what it must hold and nothing of the rest."""

import dataclasses
import xml.etree.ElementTree as ET

import pytest

from novalite.exception import BuildAbort
from novalite.objects import VIF, Flavor, Instance
from novalite.virt.libvirt import guest_xml
from novalite.virt.libvirt.guest import Cpu, Disk, Guest

UUID = "11111111-2222-3333-4444-555555555555"
NOVA = f"{{{guest_xml.NOVA_NAMESPACE}}}"


def vif(number: int = 1, **changes) -> VIF:
    values = {
        "id": f"port-{number}",
        "address": f"fa:16:3e:00:00:0{number}",
        "network_id": "net",
        "label": "private",
        "type": "bridge",
        "bridge": "br0",
        "devname": f"tap{number}",
        "mtu": 1450,
        **changes,
    }
    return VIF(**values)


def make(**changes) -> Guest:
    instance = Instance(
        uuid=UUID,
        project_id="the-project",
        user_id="the-user",
        display_name="web\x00 <1>",
        memory_mb=512,
        vcpus=2,
        root_gb=3,
        image_ref="the-image",
        flavor=Flavor(flavorid="1", name="m1.x", memory_mb=512, vcpus=2, root_gb=3, swap=7),
    )
    values = {
        "instance": instance,
        "name": "instance-00000001",
        "owner": "the-host",
        "virt_type": "kvm",
        "machine": "pc",
        "cpu": Cpu(mode="host-model", sockets=2),
        "disks": [
            Disk("/i/disk", "qcow2", "vda", backing=("/b/base.qcow2", "qcow2"), boot_order=1),
            Disk("/i/disk.config", "raw", "vdz", readonly=True),
        ],
        "network_info": [vif()],
        "console_log": "/i/console.log",
        **changes,
    }
    return Guest(**values)


def xml_of(**changes) -> ET.Element:
    return ET.fromstring(guest_xml.to_xml(make(**changes)))


def attributes(root: ET.Element, path: str) -> dict[str, str]:
    found = root.find(path)
    assert found is not None, path
    return found.attrib


def test_identity_and_size():
    root = xml_of()
    assert root.get("type") == "kvm"
    assert root.findtext("uuid") == UUID
    assert root.findtext("name") == "instance-00000001"
    assert root.findtext("memory") == str(512 * 1024)
    assert root.findtext("vcpu") == "2"
    entries = {e.get("name"): e.text for e in root.findall("sysinfo/system/entry")}
    assert entries["product"] == "OpenStack Nova"  # what cloud-init looks for
    assert entries["uuid"] == entries["serial"] == UUID


def test_metadata_tells_whose_it_is():
    root = xml_of()
    info = root.find(f"metadata/{NOVA}instance")
    assert info is not None
    assert info.findtext(f"{NOVA}name") == "web <1>"  # XML cannot hold the NUL
    assert attributes(info, f"{NOVA}flavor")["name"] == "m1.x"
    assert info.findtext(f"{NOVA}flavor/{NOVA}swap") == "7"
    assert attributes(info, f"{NOVA}owner/{NOVA}project")["uuid"] == "the-project"
    assert attributes(info, f"{NOVA}root") == {"type": "image", "uuid": "the-image"}
    owner = root.find(f"metadata/{{{guest_xml.OWNER_NAMESPACE}}}owner")
    assert owner is not None
    assert guest_xml.owner_in(ET.tostring(owner, encoding="unicode")) == "the-host"


def test_disks_name_every_format():
    root = xml_of()
    disk, drive = root.findall("devices/disk")
    assert attributes(disk, "driver")["type"] == "qcow2"
    assert attributes(disk, "source")["file"] == "/i/disk"
    assert attributes(disk, "backingStore/format")["type"] == "qcow2"
    assert attributes(disk, "backingStore/source")["file"] == "/b/base.qcow2"
    assert attributes(disk, "backingStore/backingStore") == {}
    assert attributes(disk, "target") == {"dev": "vda", "bus": "virtio"}
    assert attributes(disk, "boot")["order"] == "1"
    assert disk.find("readonly") is None
    assert attributes(drive, "driver")["type"] == "raw"
    assert attributes(drive, "backingStore") == {}
    assert drive.find("readonly") is not None


def test_interface():
    root = xml_of(queues=2)
    nic = root.find("devices/interface")
    assert nic is not None
    assert nic.get("type") == "bridge"
    assert attributes(nic, "mac")["address"] == "fa:16:3e:00:00:01"
    assert attributes(nic, "source")["bridge"] == "br0"
    assert attributes(nic, "target")["dev"] == "tap1"
    assert attributes(nic, "model")["type"] == "virtio"
    assert attributes(nic, "mtu")["size"] == "1450"
    assert attributes(nic, "driver")["queues"] == "2"


def test_interface_of_openvswitch():
    nic = guest_xml.interface(vif(type="ovs"), "e1000", queues=2)
    assert attributes(nic, "virtualport")["type"] == "openvswitch"
    assert attributes(nic, "virtualport/parameters")["interfaceid"] == "port-1"
    assert nic.find("driver") is None  # only virtio has queues


@pytest.mark.parametrize("changes", [{"type": "unbound"}, {"devname": None}, {"bridge": None}])
def test_a_port_that_is_not_bound_cannot_be_plugged(changes):
    with pytest.raises(BuildAbort, match="port-1"):
        guest_xml.interface(vif(**changes), "virtio")


def test_direct_boot():
    root = xml_of(kernel="/i/kernel", ramdisk="/i/ramdisk", command_line="root=/dev/vda")
    assert root.findtext("os/kernel") == "/i/kernel"
    assert root.findtext("os/initrd") == "/i/ramdisk"
    assert root.findtext("os/cmdline") == "root=/dev/vda"
    assert xml_of(command_line="root=/dev/vda").find("os/cmdline") is None


def test_cpu():
    root = xml_of()
    assert attributes(root, "cpu")["mode"] == "host-model"
    assert attributes(root, "cpu/topology") == {"sockets": "2", "cores": "1", "threads": "1"}
    custom = xml_of(cpu=Cpu(mode="custom", model="Nehalem"))
    assert attributes(custom, "cpu")["match"] == "exact"
    assert custom.findtext("cpu/model") == "Nehalem"
    assert "mode" not in attributes(xml_of(cpu=Cpu(), virt_type="qemu"), "cpu")


def test_console_goes_to_a_terminal_and_a_file():
    serial = xml_of().find("devices/serial")
    assert serial is not None
    assert serial.get("type") == "pty"
    assert attributes(serial, "log")["file"] == "/i/console.log"


def test_vnc_is_a_unix_socket_or_nothing():
    root = xml_of()
    assert attributes(root, "devices/graphics")["type"] == "vnc"
    assert attributes(root, "devices/graphics/listen") == {"type": "socket"}
    assert attributes(root, "devices/video/model")["type"] == "vga"
    without = xml_of(vnc=False)
    assert without.find("devices/graphics") is None
    assert without.find("devices/video") is None


def test_controllers_follow_from_devices():
    def controllers(**changes) -> list[tuple[str | None, str | None]]:
        found = xml_of(**changes).findall("devices/controller")
        return [(c.get("type"), c.get("model")) for c in found]

    assert controllers() == [("usb", "none")]
    assert controllers(usb_tablet=True) == []
    q35 = controllers(machine="q35")
    assert q35[0] == ("pci", "pcie-root")
    assert q35.count(("pci", "pcie-root-port")) == guest_xml.Q35_PORTS
    scsi = controllers(disks=[Disk("/d", "raw", "sda", bus="scsi")])
    assert ("scsi", "virtio-scsi") in scsi


def test_odds_and_ends():
    root = xml_of(firmware="efi", guest_agent=True, local_time=True, cpu_tune={"shares": "512"})
    assert attributes(root, "os")["firmware"] == "efi"
    assert attributes(root, "devices/channel/target")["name"] == "org.qemu.guest_agent.0"
    assert attributes(root, "clock")["offset"] == "localtime"
    assert root.findtext("cputune/shares") == "512"
    assert attributes(root, "devices/rng")["model"] == "virtio"


def test_the_same_guest_is_the_same_text():
    assert guest_xml.to_xml(make()) == guest_xml.to_xml(make())


def test_new_interfaces_keep_old_places():
    domain = ET.fromstring(guest_xml.to_xml(make(vif_model="e1000")))
    nic = domain.find("devices/interface")
    assert nic is not None
    ET.SubElement(nic, "address", type="pci", slot="0x05")
    before = ET.tostring(domain, encoding="unicode")
    moved = dataclasses.replace(vif(), bridge="br9")
    after = ET.fromstring(guest_xml.with_interfaces(before, [moved, vif(2)]))
    first, second = after.findall("devices/interface")
    assert attributes(first, "source")["bridge"] == "br9"
    assert attributes(first, "address")["slot"] == "0x05"
    assert second.find("address") is None
    assert {n.find("model").get("type") for n in (first, second)} == {"e1000"}
