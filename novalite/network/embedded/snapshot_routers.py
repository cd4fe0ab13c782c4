"""Routers, their feet in the networks, and floating addresses, as the State has them."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from novalite.db.statements import any_of
from novalite.network.embedded import port_rows, rows, tables
from novalite.network.embedded.plane.state import (
    NetworkState,
    PrefixState,
    RouterPortState,
    RouterState,
    SubnetState,
)
from novalite.network.embedded.rows import Row

INTERFACE_OWNER = "network:router_interface"
GATEWAY_OWNER = "network:router_gateway"
OWNERS = (INTERFACE_OWNER, GATEWAY_OWNER)
PORTS = tables.ports
FLOATING = tables.floating_ips


def routers(conn: Connection, networks: Mapping[str, NetworkState]) -> dict[str, RouterState]:
    """Those that are administratively up, in a fixed number of statements."""
    found = rows.select(conn, tables.routers, tables.routers.c.admin_state_up)
    if not found:
        return {}
    ports = rows.select(conn, PORTS, any_of(conn, PORTS.c.device_owner, list(OWNERS)))
    addresses = port_rows.fixed_ips_of(conn, [row["id"] for row in ports])
    feet: dict[str, list[Row]] = defaultdict(list)
    for row in ports:
        if row["network_id"] in networks:
            feet[row["device_id"]].append({**row, "fixed_ips": addresses.get(row["id"], [])})
    floating: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows.select(conn, FLOATING, FLOATING.c.fixed_ip_address.is_not(None)):
        floating[row["router_id"]].append((row["floating_ip_address"], row["fixed_ip_address"]))
    subnets = {each.id: each for network in networks.values() for each in network.subnets}
    return {
        row["id"]: _router(row, feet[row["id"]], floating[row["id"]], networks, subnets)
        for row in found
    }


def _router(
    row: Row,
    feet: list[Row],
    floating: list[tuple[str, str]],
    networks: Mapping[str, NetworkState],
    subnets: Mapping[str, SubnetState],
) -> RouterState:
    ports = sorted((_port(foot, networks, subnets) for foot in feet), key=lambda each: each.id)
    outside = any(port.gateway for port in ports)
    return RouterState(
        id=row["id"],
        ports=tuple(ports),
        snat=row["enable_snat"],
        next_hops=tuple(sorted(_next_hops(feet, subnets))),
        routes=tuple(
            sorted((route["destination"], route["nexthop"]) for route in row["routes"] or ())
        ),
        floating=tuple(sorted(floating)) if outside else (),
        prefixes=tuple(_prefixes(feet, networks, subnets)),
    )


def _port(
    foot: Row, networks: Mapping[str, NetworkState], subnets: Mapping[str, SubnetState]
) -> RouterPortState:
    return RouterPortState(
        id=foot["id"],
        network_id=foot["network_id"],
        mac=foot["mac_address"],
        mtu=networks[foot["network_id"]].mtu,
        addresses=tuple(
            f"{item['ip_address']}/{_length(subnets[item['subnet_id']])}"
            for item in foot["fixed_ips"]
            if item["subnet_id"] in subnets
        ),
        gateway=foot["device_owner"] == GATEWAY_OWNER,
        up=foot["admin_state_up"],
    )


def _length(subnet: SubnetState) -> int:
    return ipaddress.ip_network(subnet.cidr).prefixlen


def _subnets_of(feet: Iterable[Row], owner: str) -> list[tuple[Row, str]]:
    return [
        (foot, item["subnet_id"])
        for foot in feet
        if foot["device_owner"] == owner
        for item in foot["fixed_ips"]
    ]


def _next_hops(feet: list[Row], subnets: Mapping[str, SubnetState]) -> list[str]:
    """One for each version of IP."""
    found: dict[int, str] = {}
    for _, subnet_id in _subnets_of(feet, GATEWAY_OWNER):
        subnet = subnets.get(subnet_id)
        if subnet is not None and subnet.gateway:
            found.setdefault(subnet.version, subnet.gateway)
    return list(found.values())


def _prefixes(
    feet: list[Row], networks: Mapping[str, NetworkState], subnets: Mapping[str, SubnetState]
) -> list[PrefixState]:
    found = []
    for foot, subnet_id in sorted(
        _subnets_of(feet, INTERFACE_OWNER), key=lambda each: (each[0]["id"], each[1])
    ):
        subnet = subnets.get(subnet_id)
        if subnet is None or subnet.version != 6 or not subnet.ra_mode:
            continue
        own = dict(networks[foot["network_id"]].dhcp_addresses).get(subnet_id)
        dns = subnet.dns or ((own,) if own else ())
        found.append(PrefixState(foot["id"], subnet.cidr, subnet.ra_mode, dns))
    return found


def realms(states: Iterable[RouterState]) -> dict[str, str]:
    """Network id -> what is the same for all networks that routers join. Those that are joined
    with no other are left out."""
    parent: dict[str, str] = {}

    def root(network_id: str) -> str:
        while parent.setdefault(network_id, network_id) != network_id:
            network_id = parent[network_id]
        return network_id

    for router in states:
        inside = [port.network_id for port in router.ports if not port.gateway]
        for network_id in inside[1:]:
            one, two = sorted((root(inside[0]), root(network_id)))
            parent[two] = one
    return {network_id: root(network_id) for network_id in parent}
