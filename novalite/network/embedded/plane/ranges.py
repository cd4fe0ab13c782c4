"""Addresses and prefixes as the elements of sets, which are texts."""

import ipaddress
from collections.abc import Iterable

from novalite.network.embedded.plane.state import PortState


def own_addresses(port: PortState) -> dict[str, list[str]]:
    """MAC address -> what may be sent from it."""
    found: dict[str, list[str]] = {port.mac: list(port.addresses)}
    for mac, prefix in port.pairs:
        found.setdefault(mac, []).append(prefix)
    return {mac: disjoint([*ranges, link_local(mac)]) for mac, ranges in found.items()}


def disjoint(ranges: Iterable[str]) -> list[str]:
    """Addresses and prefixes without those that lie in another one: nftables refuses overlaps
    in a set of intervals."""
    texts = list(dict.fromkeys(ranges))
    if not any("/" in text for text in texts):
        return texts
    four = [ipaddress.IPv4Network(text, strict=False) for text in texts if ":" not in text]
    six = [ipaddress.IPv6Network(text, strict=False) for text in texts if ":" in text]
    return [
        str(each.network_address) if each.prefixlen == each.max_prefixlen else str(each)
        for family in (ipaddress.collapse_addresses(four), ipaddress.collapse_addresses(six))
        for each in family
    ]


def version_of(text: str) -> int:
    return 6 if ":" in text else 4


def link_local(mac: str) -> str:
    """The IPv6 link-local address that a MAC address gives (modified EUI-64)."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    identifier = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + identifier))
