"""What is known of flavor extra specs: checked when they are set, from microversion 2.86.

A key in a namespace that is recognised must be known and its value valid; keys of other
namespaces, and keys without one, are free.
"""

import functools
import re
from collections.abc import Callable

import os_resource_classes
import os_traits
from oslo_utils import strutils

from novalite.exception import ValidationError

Check = Callable[[str], bool]


def _text(value: str) -> bool:
    return True


def _boolean(value: str) -> bool:
    try:
        strutils.bool_from_string(value, strict=True)
    except ValueError:
        return False
    return True


def _one_of(*words: str) -> Check:
    return frozenset(words).__contains__


def _integer(minimum: int | None = None, maximum: int | None = None) -> Check:
    def check(value: str) -> bool:
        try:
            number = int(value)
        except ValueError:
            return False
        above = minimum is None or number >= minimum
        return above and (maximum is None or number <= maximum)

    return check


_OPERATORS = r"(==|!=|<=|>=|=|<in>|<all-in>|<or>|s==|s!=|s<|s<=|s>|s>=|<|>)"
_OPERATION = re.compile(rf"^{_OPERATORS} +\S")


def _operation(value: str) -> bool:
    """A word to compare with, or an operator and its operands."""
    return " " not in value.strip() or _OPERATION.match(value.strip()) is not None


_POSITIVE = _integer(1)
_NATURAL = _integer(0)
_SHARES = _one_of("custom", "high", "normal", "low")

_KNOWN: dict[str, Check] = {
    "accel:device_profile": _text,
    "group_policy": _one_of("isolate", "none"),
    "hide_hypervisor_id": _boolean,
    "hw:boot_menu": _boolean,
    "hw:cpu_cores": _POSITIVE,
    "hw:cpu_dedicated_mask": _text,
    "hw:cpu_max_cores": _POSITIVE,
    "hw:cpu_max_sockets": _POSITIVE,
    "hw:cpu_max_threads": _POSITIVE,
    "hw:cpu_policy": _one_of("dedicated", "shared", "mixed"),
    "hw:cpu_realtime": _boolean,
    "hw:cpu_realtime_mask": _text,
    "hw:cpu_sockets": _POSITIVE,
    "hw:cpu_thread_policy": _one_of("prefer", "isolate", "require"),
    "hw:cpu_threads": _POSITIVE,
    "hw:emulator_threads_policy": _one_of("isolate", "share"),
    "hw:ephemeral_encryption": _boolean,
    "hw:ephemeral_encryption_format": _one_of("plain", "luks", "luksv2"),
    "hw:hide_hypervisor_id": _boolean,
    "hw:locked_memory": _boolean,
    "hw:mem_encryption": _boolean,
    "hw:mem_encryption_model": _one_of("amd-sev", "amd-sev-es", "amd-sev-snp"),
    "hw:mem_page_size": _text,
    "hw:numa_nodes": _POSITIVE,
    "hw:pci_numa_affinity_policy": _one_of("required", "preferred", "legacy", "socket"),
    "hw:pmem": _text,
    "hw:pmu": _boolean,
    "hw:redirected_usb_ports": _integer(0, 15),
    "hw:serial_port_count": _NATURAL,
    "hw:sound_model": _one_of("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio"),
    "hw:tpm_model": _one_of("tpm-tis", "tpm-crb"),
    "hw:tpm_secret_security": _one_of("user", "host", "deployment"),
    "hw:tpm_version": _one_of("1.2", "2.0"),
    "hw:usb_model": _one_of("none", "nec-xhci", "qemu-xhci"),
    "hw:vif_multiqueue_enabled": _boolean,
    "hw:viommu_model": _one_of("intel", "smmuv3", "virtio", "auto"),
    "hw:virtio_packed_ring": _boolean,
    "hw:watchdog_action": _one_of("none", "pause", "poweroff", "reset", "disabled"),
    "hw_rng:allowed": _boolean,
    "hw_rng:rate_bytes": _NATURAL,
    "hw_rng:rate_period": _NATURAL,
    "hw_video:ram_max_mb": _NATURAL,
    "os:secure_boot": _one_of("disabled", "required"),
    "pci_passthrough:alias": _text,
    "vmware:hw_version": _text,
    "vmware:storage_policy": _text,
    **dict.fromkeys(
        (
            f"quota:{name}"
            for name in (
                *("cpu_limit", "cpu_period", "cpu_shares", "cpu_shares_share"),
                *("disk_io_limit", "disk_io_shares_share", "disk_read_bytes_sec"),
                *("disk_read_iops_sec", "disk_total_bytes_sec", "disk_total_iops_sec"),
                *("disk_write_bytes_sec", "disk_write_iops_sec", "memory_limit"),
                *("memory_shares_share", "vif_inbound_average", "vif_inbound_burst"),
                *("vif_inbound_peak", "vif_limit", "vif_outbound_average"),
                *("vif_outbound_burst", "vif_outbound_peak", "vif_shares_share"),
            )
        ),
        _NATURAL,
    ),
    **dict.fromkeys(
        (
            "quota:cpu_quota",
            "quota:cpu_reservation",
            "quota:disk_io_reservation",
            "quota:memory_reservation",
            "quota:vif_reservation",
        ),
        _integer(),
    ),
    **dict.fromkeys(
        (f"quota:{kind}_shares_level" for kind in ("cpu", "disk_io", "memory", "vif")), _SHARES
    ),
}

_CAPABILITIES = (
    *("aggregates", "cell_uuid", "cpu_allocation_ratio", "current_workload"),
    *("disk_allocation_ratio", "disk_available_least", "disk_mb_used", "failed_builds"),
    *("free_disk_gb", "free_disk_mb", "free_ram_mb", "host", "host_ip", "hypervisor_hostname"),
    *("hypervisor_type", "hypervisor_version", "id", "local_gb", "local_gb_used", "mapped"),
    *("memory_mb", "memory_mb_used", "num_instances", "num_io_ops", "ram_allocation_ratio"),
    *("running_vms", "service_id", "total_usable_disk_gb", "total_usable_ram_mb", "updated"),
    *("uuid", "vcpus", "vcpus_total", "vcpus_used"),
)
_DEEP_CAPABILITIES = (
    *("cpu_info", "instances", "limits", "metrics", "nodename", "numa_topology"),
    *("pci_device_pools", "pci_stats", "stats", "supported_hv_specs", "supported_instances"),
)
_GROUP = r"([a-zA-Z0-9_-]{1,64})?"


def _alternatives(words: tuple[str, ...] | list[str]) -> str:
    return "|".join(re.escape(word) for word in words)


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], Check]]:
    """Keys with a variable part; the long ones are compiled when the first key is checked."""
    classes = [*os_resource_classes.STANDARDS, "VGPU"]
    traits = os_traits.get_traits()
    return [
        (re.compile(r"aggregate_instance_extra_specs:.+"), _text),
        (re.compile(r"hw:numa_cpus\.\d+"), _text),
        (re.compile(r"hw:numa_mem\.\d+"), _POSITIVE),
        (re.compile(rf"capabilities:({_alternatives(_CAPABILITIES)})"), _operation),
        (
            re.compile(rf"capabilities:({_alternatives(_DEEP_CAPABILITIES)})(:\w+)*"),
            _operation,
        ),
        (
            re.compile(rf"resources{_GROUP}:(CUSTOM_[A-Z0-9_]+|{_alternatives(classes)})"),
            _integer(),
        ),
        (
            re.compile(rf"trait{_GROUP}:(CUSTOM_[A-Z0-9_]+|{_alternatives(traits)})"),
            _one_of("required", "forbidden"),
        ),
    ]


_RECOGNISED = re.compile(
    r"^(accel|aggregate_instance_extra_specs|capabilities|hw|hw_rng|hw_video|os|pci_passthrough"
    rf"|quota|resources{_GROUP}|trait{_GROUP}|vmware)$"
)


def check(key: str, value: str) -> None:
    """Raises ValidationError for an unknown key of a recognised namespace, or a bad value."""
    namespace, colon, _ = key.partition(":")
    known = _KNOWN.get(key)
    if known is None:
        if not colon or not _RECOGNISED.match(namespace):
            return
        known = next((test for form, test in _patterns() if form.fullmatch(key)), None)
    if known is None:
        raise ValidationError(
            detail=f"Validation failed; extra spec '{key}' does not appear to be a valid extra "
            "spec."
        )
    if not known(value):
        raise ValidationError(
            detail=f"Validation failed; '{value}' is not a valid value for extra spec '{key}'."
        )
