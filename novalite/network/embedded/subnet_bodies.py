"""What a request may say about a subnet. All raise InvalidInput."""

import ipaddress
import itertools
from collections.abc import Sequence
from typing import Any

from novalite.exception import Conflict, InvalidInput
from novalite.network.embedded import addresses
from novalite.network.embedded.rows import Row

Range = ipaddress.IPv4Network | ipaddress.IPv6Network

UNSET: Any = object()
MODES = frozenset({"slaac", "dhcpv6-stateful", "dhcpv6-stateless"})
AUTOMATIC_PREFIX = 64


def range_of(text: Any, version: Any) -> Range:
    """The ``cidr`` of a request."""
    try:
        cidr = ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        raise InvalidInput(reason=f"'{text}' is not a valid IP subnet.") from None
    if version is not None and int(version) != cidr.version:
        raise InvalidInput(reason=f"The cidr {cidr} does not match ip_version {version}.")
    if cidr.prefixlen == 0:
        raise InvalidInput(reason="0 is not allowed as CIDR prefix length.")
    return cidr


def gateway_of(cidr: Range, wanted: Any) -> str | None:
    """The first address by default; None when the subnet is to have none."""
    if wanted is None:
        return None
    if wanted is UNSET or wanted == "":
        return str(cidr.network_address + (1 if cidr.num_addresses > 1 else 0))
    address = addresses.parse(str(wanted))
    local = address.version == 6 and cidr.version == 6 and address.is_link_local
    if not local and not addresses.usable({"cidr": str(cidr)}, address):
        raise InvalidInput(reason="Gateway is not valid on subnet.")
    return str(address)


def pools_of(cidr: Range, gateway: str | None, given: Sequence[Row]) -> list[Row]:
    """Checked and in order. Also raises Conflict, for pools that overlap or hold the gateway."""
    spans = []
    for pool in given:
        start, end = addresses.parse(pool["start"]), addresses.parse(pool["end"])
        if start not in cidr or end not in cidr or int(start) > int(end):
            raise InvalidInput(
                reason=f"The allocation pool {start}-{end} spans beyond the subnet cidr {cidr}."
            )
        spans.append((int(start), int(end), {"start": str(start), "end": str(end)}))
    spans.sort(key=lambda span: span[0])
    for before, after in itertools.pairwise(spans):
        if after[0] <= before[1]:
            raise Conflict(f"Found overlapping allocation pools for subnet {cidr}.")
    if gateway is not None:
        number = int(ipaddress.ip_address(gateway))
        if any(start <= number <= end for start, end, _ in spans):
            raise Conflict(f"Gateway ip {gateway} conflicts with an allocation pool.")
    return [pool for _, _, pool in spans]


def nameservers_of(given: Any) -> list[str]:
    return [str(addresses.parse(str(address))) for address in given or ()]


def routes_of(version: int, given: Any) -> list[Row]:
    routes = []
    for route in given or ():
        try:
            destination = ipaddress.ip_network(route["destination"], strict=False)
        except ValueError:
            raise InvalidInput(reason=f"'{route['destination']}' is not a valid CIDR.") from None
        hop = addresses.parse(route["nexthop"])
        if hop.version != version or destination.version != version:
            raise InvalidInput(reason="A route must be of the subnet's IP version.")
        routes.append({"destination": str(destination), "nexthop": str(hop)})
    return routes


def modes_of(cidr: Range, body: Row, dhcp: bool) -> Row:
    """``ipv6_ra_mode`` and ``ipv6_address_mode``, which have to fit each other."""
    modes = {name: body.get(name) or None for name in ("ipv6_ra_mode", "ipv6_address_mode")}
    given = {name: mode for name, mode in modes.items() if mode}
    if not given:
        return modes
    for name, mode in given.items():
        if mode not in MODES:
            raise InvalidInput(reason=f"'{mode}' is not in {sorted(MODES)} for {name}")
    if cidr.version == 4:
        raise InvalidInput(
            reason="ipv6_ra_mode or ipv6_address_mode are not valid when ip_version is 4."
        )
    if not dhcp:
        raise InvalidInput(
            reason="ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to "
            "False."
        )
    if len(set(given.values())) > 1:
        raise InvalidInput(
            reason=f"ipv6_ra_mode set to '{modes['ipv6_ra_mode']}' with ipv6_address_mode set to "
            f"'{modes['ipv6_address_mode']}' is not valid. If both attributes are set, they must "
            "be the same value"
        )
    if addresses.automatic(modes) and cidr.prefixlen != AUTOMATIC_PREFIX:
        raise InvalidInput(
            reason=f"Invalid CIDR {cidr} for IPv6 address mode. OpenStack uses the EUI-64 address "
            "format, which requires the prefix to be /64."
        )
    return modes


def check_overlap(cidr: Range, network_id: str, others: Sequence[Row]) -> None:
    for other in others:
        if cidr.overlaps(ipaddress.ip_network(other["cidr"])):
            raise InvalidInput(
                reason=f"Requested subnet with cidr: {cidr} for network: {network_id} overlaps "
                "with another subnet."
            )
