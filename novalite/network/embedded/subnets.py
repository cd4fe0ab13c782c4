"""Subnets, and the DHCP port that each network with DHCP has."""

import ipaddress
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import Conflict, Forbidden, InvalidInput
from novalite.network.embedded import addresses, networks, rows, tables
from novalite.network.embedded.core import Core, privileged
from novalite.network.embedded.dhcp_port import DhcpPorts
from novalite.network.embedded.errors import GatewayIpInUse, SubnetInUse, SubnetNotFound
from novalite.network.embedded.networks import DHCP_OWNER
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Condition, Listing, Page, Row

T = tables.subnets
UNSET: Any = object()

LISTING = Listing(
    T,
    {
        "id": T.c.id,
        "name": T.c.name,
        "network_id": T.c.network_id,
        "project_id": T.c.project_id,
        "tenant_id": T.c.project_id,
        "description": T.c.description,
        "ip_version": T.c.ip_version,
        "cidr": T.c.cidr,
        "gateway_ip": T.c.gateway_ip,
        "enable_dhcp": T.c.enable_dhcp,
        "created_at": T.c.created_at,
        "updated_at": T.c.updated_at,
    },
)


def of_network(conn: Connection, network_id: str) -> list[Row]:
    return rows.select(conn, T, T.c.network_id == network_id)


def visible(context: RequestContext) -> list[Condition]:
    if privileged(context):
        return []
    net = tables.networks
    shared = sa.select(net.c.id).where(sa.or_(net.c.shared, net.c.project_id == context.project_id))
    return [sa.or_(T.c.project_id == context.project_id, T.c.network_id.in_(shared))]


def view(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "network_id": row["network_id"],
        "project_id": row["project_id"],
        "tenant_id": row["project_id"],
        "ip_version": row["ip_version"],
        "cidr": row["cidr"],
        "gateway_ip": row["gateway_ip"],
        "enable_dhcp": row["enable_dhcp"],
        "allocation_pools": row["allocation_pools"],
        "dns_nameservers": row["dns_nameservers"],
        "host_routes": row["host_routes"],
        "ipv6_address_mode": None,
        "ipv6_ra_mode": None,
        "service_types": [],
        "subnetpool_id": None,
        "tags": [],
        "created_at": rows.moment(row["created_at"]),
        "updated_at": rows.moment(row["updated_at"]),
        "revision_number": row["revision"],
    }


class Subnets:
    def __init__(self, core: Core, quotas: Quotas, dhcp_ports: DhcpPorts) -> None:
        self.core = core
        self.quotas = quotas
        self.dhcp_ports = dhcp_ports

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        with self.core.database.read() as conn:
            conditions = visible(context) + LISTING.conditions(conn, filters)
            return [view(row) for row in LISTING.run(conn, conditions, page or Page())]

    def show(self, context: RequestContext, subnet_id: str) -> Row:
        with self.core.database.read() as conn:
            found = rows.select(conn, T, T.c.id == subnet_id, *visible(context))
        if not found:
            raise SubnetNotFound(subnet_id=subnet_id)
        return view(found[0])

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises NetworkNotFound, Forbidden, InvalidInput, QuotaExceeded."""
        cidr = _cidr(body.get("cidr"), body.get("ip_version"))
        gateway = _gateway(cidr, body.get("gateway_ip", UNSET))
        pools = body.get("allocation_pools") or addresses.default_pools(str(cidr), gateway)
        row: Row = {
            "id": rows.new_id(),
            "network_id": body["network_id"],
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "ip_version": cidr.version,
            "cidr": str(cidr),
            "gateway_ip": gateway,
            "enable_dhcp": rows.boolean_of(body.get("enable_dhcp", True)),
            "allocation_pools": _pools(cidr, gateway, pools),
            "dns_nameservers": _nameservers(body.get("dns_nameservers")),
            "host_routes": _routes(cidr, body.get("host_routes")),
            **rows.stamp(self.core.now()),
        }

        def write(conn: Connection) -> None:
            network = networks.get(conn, context, row["network_id"])
            if not networks.may_change(context, network):
                raise Forbidden("Only the network's owner may create subnets on it.")
            row["project_id"] = network["project_id"]
            self.quotas.check(conn, row["project_id"], "subnet")
            _check_overlap(cidr, of_network(conn, row["network_id"]))
            rows.insert(conn, T, row)
            self.dhcp_ports.adjust(conn, network, of_network(conn, row["network_id"]))

        self.core.database.run(write)
        self.core.plane.refresh(row["network_id"])
        return view(row)

    def update(self, context: RequestContext, subnet_id: str, body: Row) -> Row:
        def write(conn: Connection) -> Row:
            row = self._mine(conn, context, subnet_id)
            changes = self._changes(conn, row, body)
            rows.update(conn, T, subnet_id, changes, self.core.now())
            network = networks.get(conn, context, row["network_id"])
            self.dhcp_ports.adjust(conn, network, of_network(conn, row["network_id"]))
            return rows.get(conn, T, subnet_id) or row

        row = self.core.database.run(write)
        self.core.plane.refresh(row["network_id"])
        return view(row)

    @staticmethod
    def _changes(conn: Connection, row: Row, body: Row) -> Row:
        cidr = ipaddress.ip_network(row["cidr"])
        changes: Row = {name: body[name] or "" for name in ("name", "description") if name in body}
        if "enable_dhcp" in body:
            changes["enable_dhcp"] = rows.boolean_of(body["enable_dhcp"])
        if "dns_nameservers" in body:
            changes["dns_nameservers"] = _nameservers(body["dns_nameservers"])
        if "host_routes" in body:
            changes["host_routes"] = _routes(cidr, body["host_routes"])
        gateway = row["gateway_ip"]
        if "gateway_ip" in body:
            gateway = changes["gateway_ip"] = _gateway(cidr, body["gateway_ip"])
            _check_gateway_free(conn, row, gateway)
        if "gateway_ip" in body or "allocation_pools" in body:
            pools = body.get("allocation_pools") or row["allocation_pools"]
            changes["allocation_pools"] = _pools(cidr, gateway, pools)
        return changes

    def delete(self, context: RequestContext, subnet_id: str) -> None:
        """Raises SubnetInUse while a port other than DHCP's has an address in it."""

        def write(conn: Connection) -> str:
            row = self._mine(conn, context, subnet_id)
            taken, ports = tables.addresses, tables.ports
            others = sa.select(sa.func.count()).where(
                taken.c.subnet_id == subnet_id,
                taken.c.port_id == ports.c.id,
                ports.c.device_owner != DHCP_OWNER,
            )
            if conn.scalar(others):
                raise SubnetInUse(subnet_id=subnet_id)
            rows.delete(conn, taken, taken.c.subnet_id == subnet_id)
            rows.delete(conn, T, T.c.id == subnet_id)
            network = networks.get(conn, context, row["network_id"])
            self.dhcp_ports.adjust(conn, network, of_network(conn, row["network_id"]))
            return str(row["network_id"])

        network_id = self.core.database.run(write)
        self.core.plane.refresh(network_id)

    @staticmethod
    def _mine(conn: Connection, context: RequestContext, subnet_id: str) -> Row:
        found = rows.select(conn, T, T.c.id == subnet_id, *visible(context))
        if not found:
            raise SubnetNotFound(subnet_id=subnet_id)
        if not (privileged(context) or found[0]["project_id"] == context.project_id):
            raise Forbidden("Only its owner or an administrator may change a subnet.")
        return found[0]


# ---- what a body may say ----

Range = ipaddress.IPv4Network | ipaddress.IPv6Network


def _cidr(text: Any, version: Any) -> Range:
    try:
        cidr = ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        raise InvalidInput(reason=f"'{text}' is not a valid IP subnet.") from None
    if version is not None and int(version) != cidr.version:
        raise InvalidInput(reason=f"The cidr {cidr} does not match ip_version {version}.")
    if cidr.prefixlen == 0:
        raise InvalidInput(reason="0 is not allowed as CIDR prefix length.")
    return cidr


def _gateway(cidr: Range, wanted: Any) -> str | None:
    """The first address by default; None when the subnet is to have none."""
    if wanted is None:
        return None
    if wanted is UNSET or wanted == "":
        return str(cidr.network_address + (1 if cidr.num_addresses > 1 else 0))
    address = addresses.parse(str(wanted))
    if not addresses.usable({"cidr": str(cidr)}, address):
        raise InvalidInput(reason="Gateway is not valid on subnet.")
    return str(address)


def _pools(cidr: Range, gateway: str | None, pools: Sequence[Row]) -> list[Row]:
    """Checked and in order. Raises InvalidInput, Conflict for a gateway inside a pool."""
    spans = []
    for pool in pools:
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


def _nameservers(given: Any) -> list[str]:
    return [str(addresses.parse(str(address))) for address in given or ()]


def _routes(cidr: Range, given: Any) -> list[Row]:
    routes = []
    for route in given or ():
        try:
            destination = ipaddress.ip_network(route["destination"], strict=False)
        except ValueError:
            raise InvalidInput(reason=f"'{route['destination']}' is not a valid CIDR.") from None
        hop = addresses.parse(route["nexthop"])
        if hop.version != cidr.version or destination.version != cidr.version:
            raise InvalidInput(reason="A route must be of the subnet's IP version.")
        routes.append({"destination": str(destination), "nexthop": str(hop)})
    return routes


def _check_overlap(cidr: Range, others: Sequence[Row]) -> None:
    for other in others:
        if other["ip_version"] == cidr.version and cidr.overlaps(
            ipaddress.ip_network(other["cidr"])
        ):
            raise InvalidInput(
                reason=f"Requested subnet with cidr: {cidr} overlaps with subnet {other['id']} "
                f"({other['cidr']})."
            )


def _check_gateway_free(conn: Connection, row: Row, gateway: str | None) -> None:
    taken = tables.addresses
    holder = conn.scalar(
        sa.select(taken.c.port_id).where(
            taken.c.subnet_id == row["id"], taken.c.address == (gateway or "")
        )
    )
    if holder is not None:
        raise GatewayIpInUse(address=gateway, port_id=holder)
