"""Network devices and their addresses, here or in a namespace."""

import ipaddress
import json
import os
from collections.abc import Mapping
from typing import Any

from novalite.network.embedded.plane.commands import batch, run

DEVICES = "/sys/class/net"


def exists(device: str) -> bool:
    return os.path.exists(f"{DEVICES}/{device}")


def shown(netns: str | None, *words: str) -> list[dict[str, Any]]:
    """What ``ip -j`` says. Raises DependencyUnavailable."""
    where = ["-n", netns] if netns else []
    found: list[dict[str, Any]] = json.loads(run(["ip", *where, "-j", *words]) or "[]")
    return found


def addresses_of(link: dict[str, Any]) -> set[str]:
    """Without what the kernel adds by itself (link-local, loopback)."""
    return {
        f"{info['local']}/{info['prefixlen']}"
        for info in link.get("addr_info", ())
        if info.get("scope") != "link" and not ipaddress.ip_address(info["local"]).is_loopback
    }


def address_changes(device: str, have: set[str], wanted: set[str]) -> list[str]:
    """Commands of ip(8)."""
    lines = [f"addr del {address} dev {device}" for address in sorted(have - wanted)]
    for address in sorted(wanted - have):
        options = " nodad" if ":" in address else ""
        lines.append(f"addr add {address} dev {device}{options}")
    return lines


def set_addresses(wanted: Mapping[str, set[str]], netns: str | None) -> None:
    """Each device gets the addresses given and keeps no others; in one look and one batch.
    Raises DependencyUnavailable."""
    if len(wanted) == 1:
        links = shown(netns, "addr", "show", "dev", next(iter(wanted)))
    else:
        links = shown(netns, "addr", "show")
    lines = []
    for link in links:
        name = link.get("ifname", "")
        if name in wanted:
            lines += address_changes(name, addresses_of(link), wanted[name])
    batch(lines, netns)
