"""The disks in a domain's XML: written, found again, changed. Pure."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from novalite.virt.libvirt.guest import Disk

_SOURCE_ATTRIBUTE = {"file": "file", "block": "dev"}


def element(disk: Disk) -> ET.Element:
    made = ET.Element("disk", type=disk.type, device=disk.device)
    # The page cache shares a base image among guests; their flushes still reach the disk.
    driver = ET.SubElement(made, "driver", name="qemu", type=disk.format, cache=disk.cache)
    if disk.device == "disk" and not disk.readonly:
        driver.set("discard", "unmap")
    ET.SubElement(made, "source", {_SOURCE_ATTRIBUTE[disk.type]: disk.path})
    if disk.whole_chain:
        _tell_chain(made, disk)
    ET.SubElement(made, "target", dev=disk.target, bus=disk.bus)
    if disk.serial:
        ET.SubElement(made, "serial").text = disk.serial
    if disk.readonly:
        ET.SubElement(made, "readonly")
    if disk.shareable:
        ET.SubElement(made, "shareable")
    if disk.boot_order is not None:
        ET.SubElement(made, "boot", order=str(disk.boot_order))
    return made


def text(disk: Disk) -> str:
    return ET.tostring(element(disk), encoding="unicode")


def _tell_chain(made: ET.Element, disk: Disk) -> None:
    """The whole chain is told, so that nobody looks into a guest's disk to find it out."""
    backing = ET.SubElement(made, "backingStore")
    if disk.backing is not None:
        path, file_format = disk.backing
        backing.set("type", "file")
        ET.SubElement(backing, "format", type=file_format)
        ET.SubElement(backing, "source", file=path)
        ET.SubElement(backing, "backingStore")


def find(domain_xml: str, serial: str) -> ET.Element | None:
    """The disk of that serial number (a volume's id)."""
    return next((disk for disk in _disks(domain_xml) if disk.findtext("serial") == serial), None)


def targets(domain_xml: str) -> list[str]:
    """The guest's names of all its disks."""
    return [target_of(disk) for disk in _disks(domain_xml)]


def target_of(disk: ET.Element) -> str:
    target = disk.find("target")
    return target.get("dev", "") if target is not None else ""


def source_of(disk: ET.Element) -> str | None:
    return _path(disk.find("source"))


def backing_files(disk: ET.Element) -> list[tuple[str, str | None]]:
    """(path, index) of what is below the active file, from top to bottom; ``vdb[index]`` is how
    libvirt is told of it."""
    found = []
    current = disk.find("backingStore")
    while current is not None:
        path = _path(current.find("source"))
        if path is None:
            break
        found.append((path, current.get("index")))
        current = current.find("backingStore")
    return found


def with_volumes(domain_xml: str, disks: Sequence[Disk]) -> str:
    """The same domain, where each of ``disks`` is reached as it says. A disk that is there keeps
    its place on the bus; others are added. What is not named is left alone."""
    domain = ET.fromstring(domain_xml)
    devices = domain.find("devices")
    assert devices is not None
    known = {disk.findtext("serial"): disk for disk in devices.findall("disk")}
    for disk in disks:
        new, old = element(disk), known.get(disk.serial)
        if old is not None:
            for tag in ("address", "alias", "boot"):
                kept = old.find(tag)
                if kept is not None and new.find(tag) is None:
                    new.append(kept)
            devices.remove(old)
        devices.append(new)
    return ET.tostring(domain, encoding="unicode")


def snapshot_xml(domain_xml: str, target: str, new_file: str) -> str:
    """External snapshot of one disk alone, into a file that is there."""
    snapshot = ET.Element("domainsnapshot")
    disks = ET.SubElement(snapshot, "disks")
    for name in targets(domain_xml):
        if name == target:
            disk = ET.SubElement(disks, "disk", name=name, snapshot="external", type="file")
            ET.SubElement(disk, "source", file=new_file)
            ET.SubElement(disk, "driver", type="qcow2")
        else:
            ET.SubElement(disks, "disk", name=name, snapshot="no")
    return ET.tostring(snapshot, encoding="unicode")


def _disks(domain_xml: str) -> Iterator[ET.Element]:
    yield from ET.fromstring(domain_xml).findall("./devices/disk")


def _path(source: ET.Element | None) -> str | None:
    if source is None:
        return None
    return source.get("file") or source.get("dev")
