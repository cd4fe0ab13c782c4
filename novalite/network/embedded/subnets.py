"""Subnets, and the DHCP port that each network with DHCP has."""

import ipaddress
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.network.embedded import addresses, network_rows, owners, rows, tables
from novalite.network.embedded import subnet_bodies as bodies
from novalite.network.embedded.core import Core
from novalite.network.embedded.dhcp_port import DhcpPorts
from novalite.network.embedded.errors import GatewayIpInUse, SubnetInUse, SubnetNotFound
from novalite.network.embedded.pool_ranges import PoolRanges
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.records import Records
from novalite.network.embedded.rows import Condition, Listing, Row

T = tables.subnets
LAST_POSITION = 1000
"""Of addresses that are added to ports which have others: after those."""


def _by_shared(conn: Connection, values: Sequence[Any]) -> Condition:
    net = tables.networks
    wanted = [rows.boolean_of(value) for value in values]
    return T.c.network_id.in_(sa.select(net.c.id).where(net.c.shared.in_(wanted)))


LISTING = Listing(
    T,
    {
        **rows.common_columns(T),
        "network_id": T.c.network_id,
        "ip_version": T.c.ip_version,
        "ipv6_ra_mode": T.c.ipv6_ra_mode,
        "ipv6_address_mode": T.c.ipv6_address_mode,
        "subnetpool_id": T.c.subnetpool_id,
        "cidr": T.c.cidr,
        "gateway_ip": T.c.gateway_ip,
        "enable_dhcp": T.c.enable_dhcp,
    },
    {"shared": _by_shared},
)


def of_network(conn: Connection, network_id: str) -> list[Row]:
    return rows.select(conn, T, T.c.network_id == network_id)


def visible(core: Core, context: RequestContext) -> list[Condition]:
    """One's own, and those of networks that one sees."""
    of_seen = sa.select(tables.networks.c.id).where(*network_rows.visible(core, context))
    own = T.c.project_id == context.project_id
    return core.seen(context, "get_subnet", own, T.c.network_id.in_(of_seen))


def view(row: Row, tags: Sequence[str] = ()) -> Row:
    return {
        **rows.common_view(row, tags),
        "network_id": row["network_id"],
        "ip_version": row["ip_version"],
        "cidr": row["cidr"],
        "gateway_ip": row["gateway_ip"],
        "enable_dhcp": row["enable_dhcp"],
        "allocation_pools": row["allocation_pools"],
        "dns_nameservers": row["dns_nameservers"],
        "host_routes": row["host_routes"],
        "ipv6_address_mode": row["ipv6_address_mode"],
        "ipv6_ra_mode": row["ipv6_ra_mode"],
        "service_types": row["service_types"] or [],
        "subnetpool_id": row["subnetpool_id"],
    }


class Subnets(Records):
    noun = "subnet"
    listing = LISTING

    def __init__(
        self, core: Core, quotas: Quotas, dhcp_ports: DhcpPorts, ranges: PoolRanges
    ) -> None:
        super().__init__(core, quotas)
        self.dhcp_ports = dhcp_ports
        self.ranges = ranges

    def missing(self, resource_id: str) -> SubnetNotFound:
        return SubnetNotFound(subnet_id=resource_id)

    def visible(self, context: RequestContext) -> list[Condition]:
        return visible(self.core, context)

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        tags = rows.tags_of(conn, [row["id"] for row in found])
        return [view(row, tags.get(row["id"], ())) for row in found]

    def create(self, context: RequestContext, body: Row) -> Row:
        """With ``subnetpool_id`` the range may come from that pool.

        Raises NetworkNotFound, Forbidden, InvalidInput, QuotaExceeded, and what
        ``PoolRanges.range_for`` raises."""
        row: Row = {
            "id": rows.new_id(),
            "network_id": body["network_id"],
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "enable_dhcp": rows.boolean_of(body.get("enable_dhcp", True)),
            "dns_nameservers": bodies.nameservers_of(body.get("dns_nameservers")),
            "service_types": list(body.get("service_types") or ()),
            **rows.stamp(self.core.now()),
        }

        def write(conn: Connection) -> list[Row]:
            network = network_rows.get(conn, self.core, context, row["network_id"])
            row["project_id"] = network["project_id"]
            target = {**row, **network_rows.owner(network)}
            self.core.authorize(context, "create_subnet", target)
            self.quotas.check(conn, row["project_id"], "subnet")
            here = of_network(conn, row["network_id"])
            pool_id, cidr = self.ranges.range_for(conn, context, row["project_id"], body, here)
            row["subnetpool_id"] = pool_id
            row.update(_of_range(cidr, body, row["enable_dhcp"]))
            bodies.check_overlap(cidr, row["network_id"], here)
            rows.insert(conn, T, row)
            self.dhcp_ports.adjust(conn, network, [*here, row])
            return self._address_ports(conn, row)

        changed = self.core.database.run(write)
        self.core.plane.refresh(row["network_id"])
        self.core.events.changed(changed)
        return view(row)

    @staticmethod
    def _address_ports(conn: Connection, subnet: Row) -> list[Row]:
        """The ports that were there make themselves addresses in a new subnet of that kind."""
        if not addresses.automatic(subnet):
            return []
        ports, taken = tables.ports, tables.addresses
        found = rows.select(
            conn,
            ports,
            ports.c.network_id == subnet["network_id"],
            ports.c.device_owner.not_like(f"{owners.SERVICE}%"),
        )
        if found:
            values = [
                {
                    "subnet_id": subnet["id"],
                    "network_id": subnet["network_id"],
                    "address": addresses.eui64(subnet["cidr"], port["mac_address"]),
                    "port_id": port["id"],
                    "position": LAST_POSITION,
                }
                for port in found
            ]
            conn.execute(sa.insert(taken), values)
        return found

    def update(self, context: RequestContext, subnet_id: str, body: Row) -> Row:
        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, subnet_id, "update_subnet")
            changes = self._changes(conn, row, body)
            rows.update(conn, T, subnet_id, changes, self.core.now())
            network = network_rows.get(conn, self.core, context, row["network_id"])
            self.dhcp_ports.adjust(conn, network, of_network(conn, row["network_id"]))
            return self.shown(conn, context, rows.get(conn, T, subnet_id) or row)

        answer = self.core.database.run(write)
        self.core.plane.refresh(answer["network_id"])
        return answer

    @staticmethod
    def _changes(conn: Connection, row: Row, body: Row) -> Row:
        cidr = ipaddress.ip_network(row["cidr"])
        changes: Row = {name: body[name] or "" for name in ("name", "description") if name in body}
        if "enable_dhcp" in body:
            changes["enable_dhcp"] = rows.boolean_of(body["enable_dhcp"])
            bodies.modes_of(cidr, row, changes["enable_dhcp"])
        if "dns_nameservers" in body:
            changes["dns_nameservers"] = bodies.nameservers_of(body["dns_nameservers"])
        if "host_routes" in body:
            changes["host_routes"] = bodies.routes_of(cidr.version, body["host_routes"])
        if "service_types" in body:
            changes["service_types"] = list(body["service_types"] or ())
        gateway = row["gateway_ip"]
        if "gateway_ip" in body:
            gateway = changes["gateway_ip"] = bodies.gateway_of(cidr, body["gateway_ip"])
            if gateway != row["gateway_ip"]:
                _check_gateway(conn, row, gateway)
        if "gateway_ip" in body or "allocation_pools" in body:
            pools = body.get("allocation_pools") or row["allocation_pools"]
            changes["allocation_pools"] = bodies.pools_of(cidr, gateway, pools)
        return changes

    def delete(self, context: RequestContext, subnet_id: str) -> None:
        """Raises SubnetInUse while a port has an address in it that it did not make itself."""

        def write(conn: Connection) -> tuple[str, list[Row]]:
            row = self.mine(conn, context, subnet_id, "delete_subnet")
            taken = tables.addresses
            users = _users(conn, subnet_id)
            holding = users
            if addresses.automatic(row):
                holding = [
                    port for port in users if port["device_owner"].startswith(owners.SERVICE)
                ]
            if holding:
                raise SubnetInUse(subnet_id=subnet_id)
            rows.delete(conn, taken, taken.c.subnet_id == subnet_id)
            rows.forget(conn, subnet_id)
            rows.delete(conn, T, T.c.id == subnet_id)
            network = network_rows.get(conn, self.core, context, row["network_id"])
            self.dhcp_ports.adjust(conn, network, of_network(conn, row["network_id"]))
            return str(row["network_id"]), users

        network_id, changed = self.core.database.run(write)
        self.core.plane.refresh(network_id)
        self.core.events.changed(changed)


def _users(conn: Connection, subnet_id: str) -> list[Row]:
    """Ports other than DHCP's with an address in the subnet."""
    taken, ports = tables.addresses, tables.ports
    held = sa.select(taken.c.port_id).where(taken.c.subnet_id == subnet_id)
    return rows.select(conn, ports, ports.c.id.in_(held), ports.c.device_owner != owners.DHCP)


def _of_range(cidr: bodies.Range, body: Row, dhcp: bool) -> Row:
    """The columns of a new subnet that depend on its range."""
    gateway = bodies.gateway_of(cidr, body.get("gateway_ip", bodies.UNSET))
    pools = body.get("allocation_pools") or addresses.default_pools(str(cidr), gateway)
    return {
        "ip_version": cidr.version,
        "cidr": str(cidr),
        "gateway_ip": gateway,
        "allocation_pools": bodies.pools_of(cidr, gateway, pools),
        "host_routes": bodies.routes_of(cidr.version, body.get("host_routes")),
        **bodies.modes_of(cidr, body, dhcp),
    }


def _check_gateway(conn: Connection, row: Row, gateway: str | None) -> None:
    """Raises GatewayIpInUse while a router or the host answers at the old address, or another
    port has the new one."""
    taken, ports = tables.addresses, tables.ports
    held = sa.select(taken.c.port_id, taken.c.address, ports.c.device_owner).where(
        taken.c.port_id == ports.c.id,
        taken.c.subnet_id == row["id"],
        taken.c.address.in_([gateway or "", row["gateway_ip"] or ""]),
    )
    for port_id, address, owner in conn.execute(held):
        if address == gateway or owner == owners.INTERFACE:
            raise GatewayIpInUse(address=address, port_id=port_id)
