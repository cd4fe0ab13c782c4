"""Which disk images are safe to be opened, by what their bytes say: for whoever takes them in
and, once more, for whoever hands them to QEMU.

oslo.utils' inspectors know most of it. What they leave open, where QEMU would follow, is here.
"""

import re

from oslo_utils.imageutils import format_inspector

PLAIN = frozenset({"raw", "iso", "gpt"})
"""Sectors as they are: they can name no other file."""

QEMU_FORMATS = {"qcow2": "qcow2", "vmdk": "vmdk", "vdi": "vdi", "vhd": "vpc", "vhdx": "vhdx"}
"""Formats with a structure of their own: our name -> QEMU's."""

QEMU_IMG_ENVIRONMENT = {"LC_ALL": "C", "MALLOC_ARENA_MAX": "2"}
"""For a qemu-img whose address space is limited: each of its dozens of threads may otherwise
reserve 64 MiB for an arena of its own, and the limit is met at random."""

_WHY = {
    "backing_file": "it has a backing file",
    "data_file": "it has an external data file",
    "unknown_features": "it uses features that are not known to be safe",
    "descriptor": "its VMDK descriptor is not of a self-contained disk",
    "footer": "its VMDK footer contradicts its header",
}
_EXTENT = re.compile(r"^(rw|rdonly|noaccess)\s", re.MULTILINE)
_SPARSE_EXTENT = re.compile(r"^(rw|rdonly|noaccess)\s+\d+\s+sparse\s", re.MULTILINE)


def why_unsafe(inspector: format_inspector.FileInspector) -> str | None:
    """Why an image is not to be opened; None for one that may be.

    ``inspector`` has seen all of it. Raises format_inspector.ImageFormatError for a damaged one.
    """
    try:
        inspector.safety_check()
    except format_inspector.SafetyCheckFailed as e:
        return " and ".join(_WHY.get(name, str(why)) for name, why in e.failures.items())
    if str(inspector) == "vmdk" and not _is_self_contained(getattr(inspector, "desc_text", "")):
        return _WHY["descriptor"]
    return None


def _is_self_contained(descriptor: str) -> bool:
    """Of a VMDK's descriptor, in lower case: one extent, which is in the file itself, no parent,
    and no second type that a reader that minds the case would find first."""
    return (
        "parentfilenamehint" not in descriptor
        and descriptor.count("createtype") == 1
        and len(_EXTENT.findall(descriptor)) == len(_SPARSE_EXTENT.findall(descriptor)) == 1
    )
