"""How limits look."""

from collections.abc import Mapping
from typing import Any

from novalite.wsgi.microversions import Microversion

# name in the answer -> (resource, the first version without it)
_MAXIMA: dict[str, tuple[str, tuple[int, int] | None]] = {
    "maxImageMeta": ("metadata_items", (2, 39)),
    "maxPersonality": ("injected_files", (2, 57)),
    "maxPersonalitySize": ("injected_file_content_bytes", (2, 57)),
    "maxServerMeta": ("metadata_items", None),
    "maxServerGroups": ("server_groups", None),
    "maxServerGroupMembers": ("server_group_members", None),
    "maxSecurityGroups": ("security_groups", (2, 36)),
    "maxSecurityGroupRules": ("security_group_rules", (2, 36)),
    "maxTotalFloatingIps": ("floating_ips", (2, 36)),
    "maxTotalCores": ("cores", None),
    "maxTotalInstances": ("instances", None),
    "maxTotalKeypairs": ("key_pairs", None),
    "maxTotalRAMSize": ("ram", None),
}
_USED = {
    "totalCoresUsed": "cores",
    "totalInstancesUsed": "instances",
    "totalRAMUsed": "ram",
    "totalServerGroupsUsed": "server_groups",
}
# What the network service counts since; these never say anything.
_USED_OF_NETWORK = {"totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0}
_NETWORK_UNTIL = (2, 36)


def shown(
    version: Microversion, limits: Mapping[str, int], used: Mapping[str, int]
) -> dict[str, Any]:
    absolute = {
        name: limits[resource]
        for name, (resource, gone) in _MAXIMA.items()
        if gone is None or version < gone
    }
    absolute |= {name: used[resource] for name, resource in _USED.items()}
    if version < _NETWORK_UNTIL:
        absolute |= _USED_OF_NETWORK
    return {"limits": {"rate": [], "absolute": absolute}}
