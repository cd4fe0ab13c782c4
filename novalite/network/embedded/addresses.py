"""Which address a port gets: arithmetic on pools, and the rows that take addresses."""

import ipaddress
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.statements import any_of, insert_unless_there
from novalite.exception import InvalidInput
from novalite.network.embedded import tables
from novalite.network.embedded.errors import IpAddressGenerationFailure, IpAddressInUse

Row = dict[str, Any]
Pool = tuple[int, int]

FIRST_WINDOW = 8
LAST_WINDOW = 65536


def parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Raises InvalidInput."""
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        raise InvalidInput(reason=f"'{address}' is not a valid IP address.") from None


def automatic(subnet: Row) -> bool:
    """Whether guests make their address out of their MAC address: SLAAC."""
    mode = subnet["ipv6_address_mode"] or subnet["ipv6_ra_mode"]
    return mode in ("slaac", "dhcpv6-stateless")


def eui64(cidr: str, mac: str) -> str:
    """The address that an interface with this MAC address gives itself in a /64."""
    parts = bytes.fromhex(mac.replace(":", ""))
    identifier = bytes([parts[0] ^ 2]) + parts[1:3] + b"\xff\xfe" + parts[3:]
    network = ipaddress.IPv6Network(cidr)
    return str(network.network_address + int.from_bytes(identifier))


def pools_of(subnet: Row) -> list[Pool]:
    """The subnet's allocation pools as pairs of integers, both inclusive."""
    return [
        (int(ipaddress.ip_address(pool["start"])), int(ipaddress.ip_address(pool["end"])))
        for pool in subnet["allocation_pools"]
    ]


def default_pools(cidr: str, gateway: str | None) -> list[dict[str, str]]:
    """All host addresses of the range except the gateway's."""
    network = ipaddress.ip_network(cidr)
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.num_addresses > 2:
        first += 1
        if network.version == 4:
            last -= 1
    taken = int(ipaddress.ip_address(gateway)) if gateway else None
    spans: list[Pool] = [(first, last)]
    if taken is not None and first <= taken <= last:
        spans = [span for span in ((first, taken - 1), (taken + 1, last)) if span[0] <= span[1]]
    kind = type(network.network_address)
    return [{"start": str(kind(start)), "end": str(kind(end))} for start, end in spans]


def windows(pools: Sequence[Pool], start: int) -> Iterator[list[int]]:
    """All addresses of the pools, once, from the first one above ``start`` around to it, in
    windows that grow: most of the time the first few already hold a free one."""
    total = sum(end - first + 1 for first, end in pools)
    position = 0
    for first, end in pools:
        if start < first:
            break
        position += min(start, end) - first + 1
    size = FIRST_WINDOW
    done = 0
    while done < total:
        count = min(size, total - done)
        yield [_at(pools, (position + done + step) % total) for step in range(count)]
        done += count
        size = min(size * 8, LAST_WINDOW)


def _at(pools: Sequence[Pool], index: int) -> int:
    for first, end in pools:
        length = end - first + 1
        if index < length:
            return first + index
        index -= length
    raise IndexError(index)


class Takers:
    """Hands out addresses. Remembers where it gave the last one of each subnet, so that an
    address given back rests as long as possible; that is a hint only, the rows decide."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._lock = threading.Lock()

    def take_next(self, conn: Connection, subnet: Row, port_id: str, position: int) -> str | None:
        """Insert a row for the next free address; None when the subnet is full."""
        kind = ipaddress.IPv4Address if subnet["ip_version"] == 4 else ipaddress.IPv6Address
        with self._lock:
            start = self._last.get(subnet["id"], 0)
        column = tables.addresses.c.address
        for window in windows(pools_of(subnet), start):
            names = [str(kind(number)) for number in window]
            query = sa.select(column).where(
                tables.addresses.c.network_id == subnet["network_id"],
                any_of(conn, column, names),
            )
            used = set(conn.scalars(query))
            for number, name in zip(window, names, strict=True):
                if name not in used and self._insert(conn, subnet, name, port_id, position):
                    with self._lock:
                        self._last[subnet["id"]] = number
                    return name
        return None

    def take_this(
        self, conn: Connection, subnet: Row, address: str, port_id: str, position: int
    ) -> str:
        """Raises IpAddressInUse."""
        name = str(parse(address))
        if not self._insert(conn, subnet, name, port_id, position):
            raise IpAddressInUse(address=name, subnet_id=subnet["id"])
        return name

    @staticmethod
    def _insert(conn: Connection, subnet: Row, address: str, port_id: str, position: int) -> bool:
        return insert_unless_there(
            conn,
            tables.addresses,
            {
                "subnet_id": subnet["id"],
                "network_id": subnet["network_id"],
                "address": address,
                "port_id": port_id,
                "position": position,
            },
        )

    def take_default(
        self,
        conn: Connection,
        network_id: str,
        subnets: Sequence[Row],
        port: Row,
    ) -> list[Row]:
        """One address of each IP version that the network has, from the first subnet of it
        with one left; and those that the port (``id``, ``mac_address``, ``device_owner``) gives
        itself. Returns ``{"subnet_id", "ip_address"}``; raises IpAddressGenerationFailure."""
        taken: list[Row] = []
        subnets = [subnet for subnet in subnets if serves(subnet, port["device_owner"])]
        for version in (4, 6):
            candidates = [
                subnet
                for subnet in subnets
                if subnet["ip_version"] == version and not automatic(subnet)
            ]
            if not candidates:
                continue
            for subnet in candidates:
                address = self.take_next(conn, subnet, port["id"], len(taken))
                if address:
                    taken.append({"subnet_id": subnet["id"], "ip_address": address})
                    break
            else:
                raise IpAddressGenerationFailure(network_id=network_id)
        for subnet in subnets:
            if automatic(subnet):
                address = self._take_own(conn, subnet, port, len(taken))
                taken.append({"subnet_id": subnet["id"], "ip_address": address})
        return taken

    def _take_own(self, conn: Connection, subnet: Row, port: Row, position: int) -> str:
        address = eui64(subnet["cidr"], port["mac_address"])
        return self.take_this(conn, subnet, address, port["id"], position)

    def take_any(self, conn: Connection, subnet: Row, port: Row, position: int) -> str:
        """The address that a port gets in a subnet if it wants no particular one. Raises
        IpAddressGenerationFailure."""
        if automatic(subnet):
            return self._take_own(conn, subnet, port, position)
        address = self.take_next(conn, subnet, port["id"], position)
        if not address:
            raise IpAddressGenerationFailure(network_id=subnet["network_id"])
        return address

    def take_wanted(
        self,
        conn: Connection,
        network_id: str,
        subnets: Sequence[Row],
        wanted: Sequence[Row],
        port: Row,
        first: int = 0,
    ) -> list[Row]:
        """``wanted``: ``{"subnet_id"?, "ip_address"?}`` as in a port's ``fixed_ips``;
        ``first``: how many addresses the port has already.

        Raises InvalidInput, IpAddressInUse, IpAddressGenerationFailure.
        """
        taken: list[Row] = []
        for item in wanted:
            subnet = subnet_for(network_id, subnets, item)
            number = first + len(taken)
            if item.get("ip_address"):
                _check_may_choose(subnet, port, item["ip_address"])
                address = self.take_this(conn, subnet, item["ip_address"], port["id"], number)
            else:
                address = self.take_any(conn, subnet, port, number)
            taken.append({"subnet_id": subnet["id"], "ip_address": address})
        return taken


def serves(subnet: Row, device_owner: str) -> bool:
    """Whether ports of this owner get addresses from the subnet without asking for it."""
    types = subnet["service_types"] or ()
    return not types or any(device_owner.startswith(kind) for kind in types)


def _check_may_choose(subnet: Row, port: Row, address: str) -> None:
    """Routers alone choose their address where all others make it. Raises InvalidInput."""
    if port["device_owner"].startswith("network:") or not automatic(subnet):
        return
    if str(parse(address)) != eui64(subnet["cidr"], port["mac_address"]):
        raise InvalidInput(
            reason=f"IPv6 address {address} can not be directly assigned to a port on subnet "
            f"{subnet['id']} as the subnet is configured for automatic addresses"
        )


def subnet_for(network_id: str, subnets: Sequence[Row], item: Row) -> Row:
    """The subnet that one entry of ``fixed_ips`` means. Raises InvalidInput."""
    address = parse(item["ip_address"]) if item.get("ip_address") else None
    wanted = item.get("subnet_id")
    if not wanted and address is None:
        raise InvalidInput(reason="IP allocation requires subnet_id or ip_address.")
    for subnet in subnets:
        if wanted and subnet["id"] != wanted:
            continue
        if address is None or usable(subnet, address):
            return subnet
        if wanted:
            raise InvalidInput(
                reason=f"IP address {address} is not a valid IP for the specified subnet."
            )
    if wanted:
        raise InvalidInput(
            reason=f"Failed to create port on network {network_id}, because fixed_ips included "
            f"invalid subnet {wanted}."
        )
    raise InvalidInput(
        reason=f"IP address {address} is not a valid IP for any of the subnets on "
        "the specified network."
    )


def usable(subnet: Row, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether a port may have ``address`` in the subnet: inside, and not its name or broadcast."""
    network = ipaddress.ip_network(subnet["cidr"])
    if address.version != network.version or address not in network:
        return False
    if network.version == 4 and network.num_addresses > 2:
        return address not in (network.network_address, network.broadcast_address)
    return network.num_addresses <= 2 or address != network.network_address
