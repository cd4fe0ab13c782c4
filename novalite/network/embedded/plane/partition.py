"""What each host brings about: a cloud's whole State, cut for one of its hosts.

DHCP, metadata, routers and the external networks are on the network host, where the service
runs. A compute host has the bridges of the networks that its own guests are on, those guests'
filters, and tunnels to the hosts where the others are.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable

from novalite.network.embedded.plane.links import bridge_mac
from novalite.network.embedded.plane.state import NetworkState, PortState, State, TunnelState

LAST_ZONE = 65535


def network_host(full: State, own: str) -> State:
    """``own``: this host's address for tunnels; empty: it has none, and no other host matters."""
    if not full.endpoints or not own:
        return full
    ports = {
        port.id: dataclasses.replace(port, here=False) if port.host in full.endpoints else port
        for port in full.ports.values()
    }
    far: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for port in ports.values():
        if not port.here:
            far[port.network_id] |= {(mac, full.endpoints[port.host]) for mac in _macs(port)}
    return dataclasses.replace(
        full,
        ports=ports,
        tunnels=_tunnels(full, far, {}),
        peers=tuple(sorted(set(full.endpoints.values()))),
        tunnel_address=own,
    )


def compute_host(full: State, host: str, hub: str) -> State:
    """``hub``: the network host's address for tunnels. ``host`` is one of ``full.endpoints``."""
    mine = [port for port in full.ports.values() if port.host == host]
    here = {port.network_id for port in mine}
    realms = {_realm(full.networks[each]) for each in here if each in full.networks}
    near = {each.id for each in full.networks.values() if _realm(each) in realms}
    groups = {each for port in mine for each in port.groups}
    rules = {group: full.groups.get(group, ()) for group in sorted(groups)}
    named = {rule.remote_group for each in rules.values() for rule in each}
    others = [
        dataclasses.replace(port, here=False, options=())
        for port in full.ports.values()
        if port.host != host and port.network_id in near and port.groups & named
    ]
    zones = _zones(full)
    networks = {
        each.id: _without_services(each, zones[each.id], each.id in here)
        for each in full.networks.values()
        if each.id in near
    }
    lists = {rule.remote_addresses for each in rules.values() for rule in each}
    return State(
        networks=networks,
        ports={port.id: port for port in [*mine, *others]},
        groups=rules,
        address_groups={
            name: prefixes for name, prefixes in full.address_groups.items() if name in lists
        },
        tunnels=_tunnels(full, _far(full, host, here, hub), dict.fromkeys(here, hub)),
        peers=tuple(sorted({hub, *full.endpoints.values()} - {full.endpoints[host]})),
        tunnel_address=full.endpoints[host],
        tunnel_port=full.tunnel_port,
    )


def _realm(network: NetworkState) -> str:
    return network.realm or network.id


def _without_services(network: NetworkState, zone: int, here: bool) -> NetworkState:
    return dataclasses.replace(
        network,
        zone=zone,
        here=here,
        host_access=False,
        dhcp_mac=None,
        dhcp_addresses=(),
        dns_domain="",
        subnets=tuple(
            dataclasses.replace(each, dns=(), routes=(), dhcp=False) for each in network.subnets
        ),
    )


def _zones(full: State) -> dict[str, int]:
    """The network host's own zone is not that of any other host."""
    taken = {network.zone for network in full.networks.values()}
    free = (number for number in range(LAST_ZONE, 0, -1) if number not in taken)
    return {
        network.id: network.zone or next(free)
        for network in sorted(full.networks.values(), key=lambda each: each.id)
    }


def _macs(port: PortState) -> set[str]:
    return {port.mac, *(mac for mac, _ in port.pairs)}


def _far(full: State, host: str, here: set[str], hub: str) -> dict[str, set[tuple[str, str]]]:
    """(MAC address, peer) of all that is not on ``host``, for the networks ``here``."""
    far: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for port in full.ports.values():
        if port.network_id in here and port.host != host:
            peer = full.endpoints.get(port.host, hub)
            far[port.network_id] |= {(mac, peer) for mac in _macs(port)}
    for router in full.routers.values():
        for foot in router.ports:
            if foot.network_id in here:
                far[foot.network_id].add((foot.mac, hub))
    for network_id in here & set(full.networks):
        network = full.networks[network_id]
        far[network_id].add((bridge_mac(network_id), hub))
        if network.dhcp_mac:
            far[network_id].add((network.dhcp_mac, hub))
    return far


def _tunnels(
    full: State, far: dict[str, set[tuple[str, str]]], always: dict[str, str]
) -> dict[str, TunnelState]:
    """``always``: network -> a peer that it has in any case."""
    found = {}
    for network_id in sorted({*far, *always}):
        network = full.networks.get(network_id)
        if network is None or network.vni is None:
            continue
        peers: Iterable[str] = {peer for _, peer in far.get(network_id, ())}
        if network_id in always:
            peers = {*peers, always[network_id]}
        found[network_id] = TunnelState(
            network.vni, tuple(sorted(peers)), tuple(sorted(far.get(network_id, ())))
        )
    return found
