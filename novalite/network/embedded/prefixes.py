"""Arithmetic on the prefixes of subnet pools."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from novalite.exception import InvalidInput

Range = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIT = {4: 32, 6: 64}
"""Quotas count IPv4 addresses, and /64s of IPv6."""


def parse(text: Any) -> Range:
    """Raises InvalidInput."""
    try:
        return ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        raise InvalidInput(reason=f"'{text}' is not a valid IP subnet.") from None


def merged(texts: Iterable[Any]) -> list[Range]:
    """The same addresses in as few prefixes as possible. Raises InvalidInput."""
    found = [parse(text) for text in texts]
    if len({prefix.version for prefix in found}) > 1:
        raise InvalidInput(reason="Cannot mix IPv4 and IPv6 prefixes in a subnet pool")
    return list(ipaddress.collapse_addresses(found))  # type: ignore[type-var]


def within(prefix: Range, prefixes: Sequence[Range]) -> bool:
    """Whether merged ``prefixes`` hold all of ``prefix``."""
    return any(
        each.version == prefix.version and prefix.subnet_of(each)  # type: ignore[arg-type]
        for each in prefixes
    )


def without(prefixes: Sequence[Range], gone: Sequence[Range]) -> list[Range]:
    """What remains of merged ``prefixes``."""
    left = list(prefixes)
    for hole in gone:
        remaining: list[Range] = []
        for prefix in left:
            if hole.version != prefix.version or not prefix.overlaps(hole):
                remaining.append(prefix)
            elif hole.prefixlen > prefix.prefixlen:
                remaining += prefix.address_exclude(hole)  # type: ignore[arg-type]
        left = remaining
    return list(ipaddress.collapse_addresses(left))  # type: ignore[type-var]


def overlapping(one: Sequence[Range], other: Sequence[Range]) -> bool:
    return any(a.version == b.version and a.overlaps(b) for a in one for b in other)


def units(prefix: Range) -> int:
    return 1 << max(0, UNIT[prefix.version] - prefix.prefixlen)


def free(prefixes: Sequence[Range], taken: Sequence[Range], length: int) -> Range | None:
    """The first range of this prefix length that overlaps none of ``taken``; the smallest
    prefixes are used up first."""
    used = sorted((int(each.network_address), int(each.broadcast_address)) for each in taken)
    for prefix in sorted(prefixes, key=lambda each: (-each.prefixlen, int(each.network_address))):
        if prefix.prefixlen > length:
            continue
        size = 1 << (prefix.max_prefixlen - length)
        start, end = int(prefix.network_address), int(prefix.broadcast_address)
        for low, high in used:
            if high < start:
                continue
            if low >= start + size:
                break
            start = (high // size + 1) * size
        if start + size - 1 <= end:
            kind = type(prefix.network_address)
            return ipaddress.ip_network((kind(start), length))
    return None
