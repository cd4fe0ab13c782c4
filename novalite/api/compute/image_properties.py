"""The image properties that the compute service knows: their names, former names and values.

Source: the reference's table of image properties. A property that stands here with a wrong value
makes a create request fail with 400; any other property is taken as it is.
"""

import uuid
from collections.abc import Callable
from typing import Any

from oslo_utils import strutils

from novalite.exception import InvalidImageProperty
from novalite.objects import ImageMeta

FORMER_NAMES = {
    "architecture": "hw_architecture",
    "owner_id": "img_owner_id",
    "vmware_disktype": "hw_disk_type",
    "vmware_image_version": "img_version",
    "vmware_ostype": "os_distro",
    "auto_disk_config": "hw_auto_disk_config",
    "ipxe_boot": "hw_ipxe_boot",
    "xenapi_device_id": "hw_device_id",
    "xenapi_image_compression_level": "img_compression_level",
    "vmware_linked_clone": "img_linked_clone",
    "xenapi_use_agent": "img_use_agent",
    "xenapi_skip_agent_inject_ssh": "os_skip_agent_inject_ssh",
    "xenapi_skip_agent_inject_files_at_boot": "os_skip_agent_inject_files_at_boot",
    "cache_in_nova": "img_cache_in_nova",
    "vm_mode": "hw_vm_mode",
    "bittorrent": "img_bittorrent",
    "mappings": "img_mappings",
    "block_device_mapping": "img_block_device_mapping",
    "bdm_v2": "img_bdm_v2",
    "root_device_name": "img_root_device_name",
    "hypervisor_version_requires": "img_hv_requested_version",
    "hypervisor_type": "img_hv_type",
}
_CURRENT_TO_FORMER = {current: former for former, current in FORMER_NAMES.items()}

_ARCHITECTURES = (
    *("alpha", "armv6", "armv7l", "armv7b", "aarch64", "cris", "i686", "ia64", "lm32", "m68k"),
    *("microblaze", "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc", "parisc"),
    *("parisc64", "ppc", "ppcle", "ppc64", "ppc64le", "ppcemb", "s390", "s390x", "sh4", "sh4eb"),
    *("sparc", "sparc64", "unicore32", "x86_64", "xtensa", "xtensaeb"),
)
_BUSES = ("fdc", "ide", "sata", "scsi", "usb", "virtio", "xen", "lxc", "uml")

_CHOICES: dict[str, tuple[str, ...]] = {
    "hw_architecture": _ARCHITECTURES,
    "hw_emulation_architecture": _ARCHITECTURES,
    "hw_cdrom_bus": _BUSES,
    "hw_disk_bus": _BUSES,
    "hw_floppy_bus": _BUSES,
    "hw_rescue_bus": _BUSES,
    "hw_cpu_policy": ("dedicated", "shared", "mixed"),
    "hw_cpu_thread_policy": ("prefer", "isolate", "require"),
    "hw_firmware_type": ("uefi", "bios"),
    "hw_input_bus": ("usb", "virtio"),
    "hw_mem_encryption_model": ("amd-sev", "amd-sev-es", "amd-sev-snp"),
    "hw_pci_numa_affinity_policy": ("required", "legacy", "preferred", "socket"),
    "hw_pointer_model": ("usbtablet",),
    "hw_rescue_device": ("cdrom", "disk", "floppy", "fs", "lun"),
    "hw_rng_model": ("virtio",),
    "hw_scsi_model": (
        *("buslogic", "ibmvscsi", "lsilogic", "lsisas1068", "lsisas1078", "virtio-scsi"),
        "vmpvscsi",
    ),
    "hw_video_model": (
        *("cirrus", "qxl", "vga", "vmvga", "xen", "virtio", "gop", "none", "bochs"),
    ),
    "hw_vif_model": (
        *("virtio", "ne2k_pci", "pcnet", "rtl8139", "e1000", "e1000e", "netfront"),
        *("spapr-vlan", "lan9118", "sriov", "vmxnet", "vmxnet3", "igb"),
    ),
    "hw_viommu_model": ("intel", "smmuv3", "virtio", "auto"),
    "hw_vm_mode": ("hvm", "xen", "uml", "exe"),
    "hw_watchdog_action": ("none", "pause", "poweroff", "reset", "disabled"),
    "hw_tpm_model": ("tpm-tis", "tpm-crb"),
    "hw_tpm_version": ("1.2", "2.0"),
    "hw_ephemeral_encryption_format": ("plain", "luks", "luksv2"),
    "hw_maxphysaddr_mode": ("passthrough", "emulate"),
    "hw_sound_model": ("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio"),
    "hw_usb_model": ("none", "nec-xhci", "qemu-xhci"),
    "img_hv_type": (
        *("baremetal", "bhyve", "docker", "fake", "hyperv", "ironic", "kqemu", "kvm", "lxc"),
        *("lxd", "openvz", "parallels", "phyp", "qemu", "test", "uml", "vbox", "vz", "vmware"),
        *("xen", "zvm", "prsm"),
    ),
    "img_config_drive": ("optional", "mandatory"),
    "img_signature_hash_method": ("SHA-224", "SHA-256", "SHA-384", "SHA-512"),
    "img_signature_key_type": (
        *("DSA", "ECC_SECP384R1", "ECC_SECP521R1", "ECC_SECT409K1", "ECC_SECT409R1"),
        *("ECC_SECT571K1", "ECC_SECT571R1", "RSA-PSS"),
    ),
    "os_secure_boot": ("required", "disabled", "optional"),
    "os_type": ("linux", "windows"),
}
_BOOLEANS = (
    *("hw_boot_menu", "hw_firmware_stateless", "hw_ipxe_boot", "hw_locked_memory"),
    *("hw_mem_encryption", "hw_pmu", "hw_qemu_guest_agent", "hw_time_hpet"),
    *("hw_vif_multiqueue_enabled", "hw_ephemeral_encryption", "hw_virtio_packed_ring"),
    *("img_bittorrent", "img_bdm_v2", "img_cache_in_nova", "img_linked_clone"),
    *("img_use_agent", "img_hide_hypervisor_id", "os_require_quiesce"),
    *("os_skip_agent_inject_files_at_boot", "os_skip_agent_inject_ssh"),
)
_INTEGERS = (
    *("hw_cpu_cores", "hw_cpu_sockets", "hw_cpu_max_cores", "hw_cpu_max_sockets"),
    *("hw_cpu_max_threads", "hw_cpu_threads", "hw_device_id", "hw_numa_nodes"),
    *("hw_serial_port_count", "hw_video_ram", "hw_maxphysaddr_bits"),
    *("hw_redirected_usb_ports", "img_compression_level", "img_version"),
)
_UUIDS = ("hw_ephemeral_encryption_secret_uuid", "img_signature_certificate_uuid")
_TEXTS = (
    *("hw_auto_disk_config", "hw_cpu_realtime_mask", "hw_disk_type", "hw_machine_type"),
    *("hw_mem_page_size", "hw_numa_cpus", "hw_numa_mem", "img_block_device_mapping"),
    *("img_hv_requested_version", "img_mappings", "img_owner_id", "img_root_device_name"),
    *("img_signature", "os_admin_user", "os_command_line", "os_distro", "traits_required"),
)


def value(image: ImageMeta, name: str) -> Any:
    """A property under its current or its former name; None when the image lacks it."""
    found = image.properties.get(name)
    if found is None and name in _CURRENT_TO_FORMER:
        found = image.properties.get(_CURRENT_TO_FORMER[name])
    return found


def as_bool(text: Any) -> bool:
    """Raises nothing: what is no boolean is False."""
    return strutils.bool_from_string(text, default=False) if text is not None else False


def _choice(name: str) -> Callable[[Any], None]:
    def check(text: Any) -> None:
        # "virtio" and "VirtIO" were both taken since the first release.
        if str(text).lower() not in {choice.lower() for choice in _CHOICES[name]}:
            raise ValueError(f"Property {name} is not one of {', '.join(_CHOICES[name])}")

    return check


def _boolean(text: Any) -> None:
    strutils.bool_from_string(text, strict=True)


def _integer(text: Any) -> None:
    int(text)


def _uuid(text: Any) -> None:
    uuid.UUID(str(text))


_CHECKS: dict[str, Callable[[Any], None]] = {
    **{name: _choice(name) for name in _CHOICES},
    **dict.fromkeys(_BOOLEANS, _boolean),
    **dict.fromkeys(_INTEGERS, _integer),
    **dict.fromkeys(_UUIDS, _uuid),
}
KNOWN = frozenset((*_CHECKS, *_TEXTS))


def check(image: ImageMeta) -> None:
    """Raises InvalidImageProperty, which names the property and its value."""
    for given, text in image.properties.items():
        name = FORMER_NAMES.get(given, given)
        checker = _CHECKS.get(name)
        if checker is None or text is None:
            continue
        try:
            checker(text)
        except (ValueError, TypeError) as exc:
            raise InvalidImageProperty(reason=f"{given}={str(text)[:255]}: {exc}") from None


def recognised(kept: dict[str, str]) -> dict[str, str]:
    """Of a server's system metadata (``image_`` + property), what GET shows from 2.98."""
    shown = {}
    for key, text in kept.items():
        if not key.startswith("image_"):
            continue
        name = key.removeprefix("image_")
        if FORMER_NAMES.get(name, name) in KNOWN and text is not None:
            shown[name] = text[:255]
    return shown
