"""The EC2 tree: ``VERSION/meta-data/...`` and ``VERSION/user-data``.

A directory is a dict. One whose entries are listed under another name than their path
(``public-keys``: ``0=name``) holds that name under ``LISTED_AS``.
"""

import posixpath
from typing import Any

from novalite.guest_data import user_data, versions
from novalite.guest_data.source import Source

LISTED_AS = "_name"
META_DATA = "meta-data"
USER_DATA = "user-data"


def tree(source: Source, version: str) -> dict[str, Any]:
    """Everything below ``version``: dicts, texts, lists of texts, and bytes for user-data."""
    top: dict[str, Any] = {META_DATA: meta_data(source, version)}
    content = user_data.render(source)
    if content is not None:
        top[USER_DATA] = content
    return top


def meta_data(source: Source, version: str) -> dict[str, Any]:
    instance = source.instance
    fixed, floating = _addresses(source)
    data: dict[str, Any] = {
        "ami-id": _short_id("ami", instance.image_ref),
        "ami-launch-index": str(instance.launch_index),
        "ami-manifest-path": "FIXME",  # the reference's own word; guests have come to expect it
        "instance-id": f"i-{instance.id or 0:08x}",
        "hostname": source.hostname,
        "local-ipv4": fixed,
        "reservation-id": instance.reservation_id or "",
        "security-groups": list(source.security_groups),
    }
    if instance.key_name and instance.key_data:
        data["public-keys"] = {
            "0": {LISTED_AS: f"0={instance.key_name}", "openssh-key": instance.key_data}
        }
    if versions.at_least(version, "2007-01-19"):
        data["local-hostname"] = source.hostname
        data["public-hostname"] = source.hostname
        data["public-ipv4"] = floating
    if versions.at_least(version, "2007-08-29"):
        data["instance-type"] = instance.flavor.name if instance.flavor else ""
    if versions.at_least(version, "2007-12-15"):
        data["block-device-mapping"] = _block_devices(source)
        if instance.kernel_id:
            data["kernel-id"] = _short_id("aki", instance.kernel_id)
        if instance.ramdisk_id:
            data["ramdisk-id"] = _short_id("ari", instance.ramdisk_id)
    if versions.at_least(version, "2008-02-01"):
        data["placement"] = {"availability-zone": instance.availability_zone or ""}
    if versions.at_least(version, "2008-09-01"):
        data["instance-action"] = "none"
    return data


def as_json(value: Any) -> Any:
    """The tree for a config drive's meta-data.json."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items() if key != LISTED_AS}
    return value


def listing(directory: dict[str, Any]) -> str:
    lines = []
    for name in sorted(directory):
        if name == LISTED_AS:
            continue
        item = directory[name]
        if not isinstance(item, dict):
            lines.append(name)
        else:
            lines.append(item.get(LISTED_AS) or f"{name}/")
    return "\n".join(lines)


def _short_id(kind: str, uuid: str) -> str:
    """EC2 ids are eight hexadecimal digits; an image's are the first of its uuid."""
    digits = "".join(c for c in uuid.lower() if c in "0123456789abcdef")[:8]
    return f"{kind}-{digits:0>8}"


def _addresses(source: Source) -> tuple[str, str]:
    """The first fixed IPv4 address and the first floating one; empty where there is none."""
    fixed = [ip for vif in source.network_info for ip in vif.fixed_ips() if ip.version == 4]
    floating = [address for ip in fixed for address in ip.floating_ips]
    return (fixed[0].address if fixed else ""), (floating[0] if floating else "")


def _block_devices(source: Source) -> dict[str, str]:
    instance = source.instance
    root = instance.root_device_name or "/dev/vda"
    found = {"ami": posixpath.basename(root), "root": root}
    ephemerals = volumes = 0
    for device in instance.block_devices or ():
        if not device.device_name or device.boot_index == 0:
            continue
        name = device.device_name
        if device.is_volume:
            found[f"ebs{volumes}"] = name
            volumes += 1
        elif device.guest_format == "swap":
            found["swap"] = name
        elif device.source_type == "blank":
            found[f"ephemeral{ephemerals}"] = name
            ephemerals += 1
    return found
