"""Volumes in the XML of a domain."""

import xml.etree.ElementTree as ET

import pytest

from novalite.objects import BlockDevice
from novalite.virt.libvirt import disk_xml, volumes
from novalite.virt.libvirt.guest import Disk

DOMAIN = """<domain><devices>
<disk type='file' device='disk'><source file='/i/disk'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/v/4'/>
<backingStore type='file' index='2'><source file='/v/3'/>
<backingStore type='file' index='3'><source file='/v/2'/><backingStore/></backingStore>
</backingStore><target dev='vdb' bus='virtio'/><serial>vol</serial>
<address type='pci' slot='0x07'/></disk>
</devices></domain>"""


def device(kind="file", **more):
    data = {"device_path": "/v/5", "format": "qcow2"}
    info = {"driver_volume_type": kind, "data": data, "serial": "vol"}
    values = {"device_name": "/dev/vdb", "volume_id": "vol", "connection_info": info, **more}
    return BlockDevice("volume", "volume", **values)


def test_a_file():
    element = disk_xml.element(volumes.disk(device()))
    assert element.attrib == {"type": "file", "device": "disk"}
    assert disk_xml.source_of(element) == "/v/5"
    assert element.findtext("serial") == "vol"
    target = element.find("target")
    assert target is not None and target.attrib == {"dev": "vdb", "bus": "virtio"}
    # The names below it stand in the file itself; a file that is not there is no reason to fail.
    assert element.find("backingStore") is None
    driver = element.find("driver")
    assert driver is not None and driver.get("type") == "qcow2" and driver.get("cache")


def test_a_block_device_that_is_shared_and_booted_from():
    made = device("local", boot_index=0, device_name="/dev/sda", disk_bus="scsi")
    made.connection_info["multiattach"] = True
    made.connection_info["data"] = {"device_path": "/dev/vg/lv", "format": "raw"}
    element = disk_xml.element(volumes.disk(made))
    assert element.get("type") == "block"
    source, boot = element.find("source"), element.find("boot")
    assert source is not None and source.attrib == {"dev": "/dev/vg/lv"}
    assert boot is not None and boot.get("order") == "1"
    assert element.find("shareable") is not None


def test_a_kind_that_is_not_known_here():
    with pytest.raises(volumes.VolumeDriverNotFound, match="iscsi"):
        volumes.disk(device("iscsi"))


def test_found_again_by_its_serial_number():
    found = disk_xml.find(DOMAIN, "vol")
    assert found is not None and disk_xml.target_of(found) == "vdb"
    assert disk_xml.find(DOMAIN, "other") is None
    assert disk_xml.backing_files(found) == [("/v/3", "2"), ("/v/2", "3")]


def test_a_disk_keeps_its_place_when_it_lies_elsewhere():
    new = Disk(path="/v/9", format="raw", target="vdc", serial="new", whole_chain=False)
    text = disk_xml.with_volumes(DOMAIN, [volumes.disk(device()), new])
    disks = ET.fromstring(text).findall("./devices/disk")
    assert [disk_xml.source_of(disk) for disk in disks] == ["/i/disk", "/v/5", "/v/9"]
    address = disks[1].find("address")
    assert address is not None and address.get("slot") == "0x07"
    assert disks[1].find("backingStore") is None


def test_a_snapshot_names_all_disks():
    """libvirt takes one of each disk that it is told nothing of."""
    disks = ET.fromstring(disk_xml.snapshot_xml(DOMAIN, "vdb", "/v/5")).findall("./disks/disk")
    assert [(d.get("name"), d.get("snapshot")) for d in disks] == [
        ("vda", "no"),
        ("vdb", "external"),
    ]
