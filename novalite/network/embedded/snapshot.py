"""The database's records as the State that a data plane brings about."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.engine import Database
from novalite.db.statements import any_of
from novalite.network.embedded import port_rows, rows, snapshot_routers, tables
from novalite.network.embedded.plane.state import (
    NetworkState,
    PortState,
    RuleState,
    State,
    SubnetState,
)
from novalite.network.embedded.rows import Row

PORTS = tables.ports
DHCP_OWNER = "network:dhcp"
OWN_PORTS = "network:%"
HOST_ZONE = 0
L2_AGENT = "Linux bridge agent"
AGENT_BINARY = "novalite-network-agent"
TUNNEL_KEY = "tunneling_ip"
"""In an agent's configurations: where its host takes tunnels."""


def load(database: Database) -> State:
    """A fixed number of statements in one snapshot, whatever there is."""
    with database.read() as conn:
        ports = _ports(conn)
        networks = _networks(conn)
        routers = snapshot_routers.routers(conn, networks)
        for network_id, realm in snapshot_routers.realms(routers.values()).items():
            networks[network_id] = dataclasses.replace(networks[network_id], realm=realm)
        groups = _rules(conn, ports)
        return State(
            networks=networks,
            ports={port.id: port for port in ports},
            groups=groups,
            address_groups=_address_groups(conn, groups),
            routers=routers,
            endpoints=_endpoints(conn),
        )


def _networks(conn: Connection) -> dict[str, NetworkState]:
    subnets: dict[str, list[SubnetState]] = defaultdict(list)
    for row in rows.select(conn, tables.subnets):
        subnets[row["network_id"]].append(_subnet(row))
    dhcp = {row["network_id"]: row for row in rows.select(conn, PORTS, _is_dhcp())}
    addresses = port_rows.fixed_ips_of(conn, [row["id"] for row in dhcp.values()])
    found = {}
    for row in rows.select(conn, tables.networks):
        port = dhcp.get(row["id"])
        found[row["id"]] = NetworkState(
            id=row["id"],
            mtu=row["mtu"],
            # what the host translates, it has to find again under its own zone
            zone=HOST_ZONE if row["external"] else row["zone"],
            host_access=row["host_access"] or row["external"],
            dns_domain=row["dns_domain"],
            vni=row["segmentation_id"],
            subnets=tuple(subnets[row["id"]]),
            dhcp_mac=port["mac_address"] if port else None,
            dhcp_addresses=tuple(
                (item["subnet_id"], item["ip_address"])
                for item in (addresses.get(port["id"], ()) if port else ())
            ),
        )
    return found


def _endpoints(conn: Connection) -> dict[str, str]:
    table = tables.agents
    query = sa.select(table.c.host, table.c.configurations).where(
        table.c.agent_type == L2_AGENT, table.c.binary == AGENT_BINARY
    )
    found = {host: configurations.get(TUNNEL_KEY) for host, configurations in conn.execute(query)}
    return {host: str(address) for host, address in sorted(found.items()) if address}


def _subnet(row: Row) -> SubnetState:
    return SubnetState(
        id=row["id"],
        cidr=row["cidr"],
        version=row["ip_version"],
        gateway=row["gateway_ip"],
        dhcp=row["enable_dhcp"],
        dns=tuple(row["dns_nameservers"]),
        routes=tuple((route["destination"], route["nexthop"]) for route in row["host_routes"]),
        ra_mode=row["ipv6_ra_mode"],
        address_mode=row["ipv6_address_mode"],
    )


def _is_dhcp() -> rows.Condition:
    return PORTS.c.device_owner == DHCP_OWNER


def _is_guest() -> rows.Condition:
    return sa.not_(PORTS.c.device_owner.like(OWN_PORTS))


def _ports(conn: Connection) -> list[PortState]:
    bound = rows.select(conn, PORTS, PORTS.c.binding_host != "", _is_guest())
    ids = [row["id"] for row in bound]
    if not ids:
        return []
    addresses = port_rows.fixed_ips_of(conn, ids)
    groups = port_rows.groups_of(conn, ids)
    return [
        PortState(
            id=row["id"],
            network_id=row["network_id"],
            mac=row["mac_address"],
            addresses=tuple(item["ip_address"] for item in addresses.get(row["id"], ())),
            hostname=row["dns_name"],
            secured=row["port_security_enabled"],
            up=row["admin_state_up"],
            pairs=tuple(
                (pair["mac_address"], pair["ip_address"]) for pair in row["allowed_address_pairs"]
            ),
            groups=frozenset(groups.get(row["id"], ())),
            options=_options(row["extra_dhcp_opts"]),
            host=row["binding_host"],
        )
        for row in bound
    ]


def _options(given: list[Row] | None) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (str(each["opt_name"]), str(each["opt_value"]), int(each.get("ip_version") or 4))
        for each in given or ()
        if each.get("opt_value") is not None
    )


def _rules(conn: Connection, ports: list[PortState]) -> dict[str, tuple[RuleState, ...]]:
    wanted = sorted({group for port in ports for group in port.groups})
    if not wanted:
        return {}
    table = tables.security_group_rules
    found: dict[str, list[RuleState]] = {group: [] for group in wanted}
    for row in rows.select(conn, table, any_of(conn, table.c.security_group_id, wanted)):
        found[row["security_group_id"]].append(
            RuleState(
                direction=row["direction"],
                ethertype=row["ethertype"],
                protocol=row["protocol"],
                port_min=row["port_range_min"],
                port_max=row["port_range_max"],
                remote_prefix=row["remote_ip_prefix"],
                remote_group=row["remote_group_id"],
                remote_addresses=row["remote_address_group_id"],
            )
        )
    return {group: tuple(rules) for group, rules in found.items()}


def _address_groups(
    conn: Connection, groups: Mapping[str, tuple[RuleState, ...]]
) -> dict[str, tuple[str, ...]]:
    wanted = {rule.remote_addresses for rules in groups.values() for rule in rules}
    ids = sorted(each for each in wanted if each)
    if not ids:
        return {}
    table = tables.address_groups
    found = rows.select(conn, table, any_of(conn, table.c.id, ids))
    return {row["id"]: tuple(sorted(row["addresses"])) for row in found}


def owner_by_address(
    database: Database, networks: Collection[str], address: str
) -> tuple[str, str] | None:
    """(device id, project id) of the server with this address in one of the networks, for the
    metadata proxy."""
    if not networks:
        return None
    taken = tables.addresses
    query = sa.select(PORTS.c.device_id, PORTS.c.project_id).where(
        PORTS.c.id == taken.c.port_id,
        taken.c.network_id.in_(sorted(networks)),
        taken.c.address == address,
        PORTS.c.device_id != "",
        _is_guest(),
    )
    with database.read() as conn:
        row = conn.execute(query).first()
    return (row[0], row[1]) if row else None
