"""The inet table: security groups, isolation, translation. See ``rulesets``."""

from collections.abc import Sequence

from novalite.network.embedded.plane.nft import Chain, Collection, Table
from novalite.network.embedded.plane.ranges import disjoint, version_of
from novalite.network.embedded.plane.rule_match import address_set, matches
from novalite.network.embedded.plane.state import NetworkState, PortState, State

METADATA_ADDRESS = "169.254.169.254"
METADATA_PORT = 80

NEIGHBOURS = (
    "{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld-listener-query, "
    "mld-listener-report, mld-listener-done, mld2-listener-report }"
)


def inet_table(
    name: str,
    state: State,
    networks: list[NetworkState],
    ports: list[PortState],
    bridges: dict[str, str],
    profiles: dict[frozenset[str], int],
) -> Table:
    table = Table("inet", name)
    table.collections = {
        **_network_sets(networks, bridges),
        **_port_maps(ports, bridges, profiles),
    }
    table.chains = _inet_chains()
    if state.tunnel_address:
        _guard_tunnels(table, state)
    for groups, number in profiles.items():
        for way in ("in", "out"):
            jumps = [f"jump {_group_chain(way, group)}" for group in sorted(groups)]
            table.chains[_profile_chain(way, number)] = Chain([*jumps, "counter drop"])
    remote: set[str] = set()
    named: set[str] = set()
    for group in sorted({group for groups in profiles for group in groups}):
        rules = state.groups.get(group, ())
        remote |= {rule.remote_group for rule in rules if rule.remote_group}
        named |= {rule.remote_addresses for rule in rules if rule.remote_addresses}
        for way, direction, verdict in (
            ("in", "ingress", "accept"),
            ("out", "egress", "goto leave"),
        ):
            chosen = [rule for rule in rules if rule.direction == direction]
            lines = sorted({matches(rule, _member_set) for rule in chosen})
            table.chains[_group_chain(way, group)] = Chain([f"{line} {verdict}" for line in lines])
    for group in sorted(remote):
        table.collections.update(_members(group, state, bridges))
    for group in sorted(named):
        table.collections.update(_address_group(group, state.address_groups.get(group, ())))
    return table


def _guard_tunnels(table: Table, state: State) -> None:
    """Whoever reaches the tunnels' port could be on any network: other hosts of the cloud only."""
    version = version_of(state.tunnel_address)
    header = "ip" if version == 4 else "ip6"
    peers = Collection(f"type ipv{version}_addr")
    for peer in state.peers:
        if version_of(peer) == version:
            peers.elements[peer] = ""
    table.collections["peers"] = peers
    table.chains["tunnelled"] = Chain(
        [
            f"{header} daddr {state.tunnel_address} udp dport {state.tunnel_port} "
            f"{header} saddr != @peers drop"
        ],
        "type filter hook input priority -10; policy accept;",
    )


def _inet_chains() -> dict[str, Chain]:
    metadata = f"ip daddr {METADATA_ADDRESS} tcp dport {METADATA_PORT}"
    return {
        "zoning": Chain(
            ["ct zone set iifname map @zones"],
            "type filter hook prerouting priority -300; policy accept;",
        ),
        "leaving": Chain(
            ["iifname @bridges meta mark != 0 jump from_guest"],
            "type filter hook prerouting priority -150; policy accept;",
        ),
        "to_host": Chain(
            ["iifname @isolated drop"],
            "type filter hook input priority 0; policy accept;",
        ),
        "passing": Chain(
            [
                "iifname @isolated oifname != @isolated drop",
                "iifname != @isolated oifname @isolated drop",
                "oifname @bridges jump to_guest",
            ],
            "type filter hook forward priority 0; policy accept;",
        ),
        "from_host": Chain(
            ["oifname @isolated drop", "oifname @bridges jump to_guest"],
            "type filter hook output priority 0; policy accept;",
        ),
        "translating": Chain(
            ["ip saddr @translated oifname != @bridges masquerade"],
            "type nat hook postrouting priority 100; policy accept;",
        ),
        # the mark has done its work when a packet may leave: nobody else shall see it
        "leave": Chain(["meta mark set 0 accept"]),
        "from_guest": Chain(
            [
                "ct state established,related goto leave",
                "ct state invalid drop",
                "udp sport 68 udp dport 67 goto leave",
                "udp sport 546 udp dport 547 goto leave",
                f"{metadata} goto leave",
                f"icmpv6 type {NEIGHBOURS} goto leave",
                "meta mark vmap @egress",
                "counter drop",
            ]
        ),
        "to_guest": Chain(
            [
                "ct state established,related accept",
                "ct state invalid drop",
                "udp sport 67 udp dport 68 accept",
                "udp sport 547 udp dport 546 accept",
                "icmpv6 type nd-router-advert accept",
                f"icmpv6 type {NEIGHBOURS} accept",
                "meta mark vmap @ingress",
                "oifname . ip daddr vmap @ingress4",
                "oifname . ip6 daddr vmap @ingress6",
            ]
        ),
    }


def _network_sets(networks: list[NetworkState], bridges: dict[str, str]) -> dict[str, Collection]:
    known = Collection("type ifname")
    isolated = Collection("type ifname")
    zones = Collection("typeof iifname : ct zone", is_map=True)
    translated = Collection("type ipv4_addr", interval=True)
    for network in networks:
        bridge = f'"{bridges[network.id]}"'
        known.elements[bridge] = ""
        if network.zone:
            zones.elements[bridge] = str(network.zone)
        if not network.host_access:
            isolated.elements[bridge] = ""
            continue
        for text in disjoint(subnet.cidr for subnet in network.subnets if subnet.version == 4):
            translated.elements[text] = ""
    return {"bridges": known, "isolated": isolated, "zones": zones, "translated": translated}


def _port_maps(
    ports: list[PortState], bridges: dict[str, str], profiles: dict[frozenset[str], int]
) -> dict[str, Collection]:
    egress = Collection("type mark : verdict", is_map=True)
    ingress = Collection("type mark : verdict", is_map=True)
    by_address = {
        4: Collection("type ifname . ipv4_addr : verdict", is_map=True),
        6: Collection("type ifname . ipv6_addr : verdict", is_map=True),
    }
    for number in profiles.values():
        egress.elements[f"{number:#x}"] = f"jump {_profile_chain('out', number)}"
        ingress.elements[f"{number:#x}"] = f"jump {_profile_chain('in', number)}"
    # a port's own address comes before one that another port may merely use as well
    fixed = [(port, address) for port in ports for address in port.addresses]
    paired = [(port, prefix) for port in ports if port.secured for _, prefix in port.pairs]
    for port, address in [*fixed, *paired]:
        if "/" in address:
            continue
        key = f'"{bridges[port.network_id]}" . {address}'
        if port.secured:
            verdict = f"jump {_profile_chain('in', profiles[port.groups])}"
        else:
            verdict = "accept"
        by_address[version_of(address)].elements.setdefault(key, verdict)
    return {
        "egress": egress,
        "ingress": ingress,
        "ingress4": by_address[4],
        "ingress6": by_address[6],
    }


def _members(group: str, state: State, bridges: dict[str, str]) -> dict[str, Collection]:
    """The addresses of a group's members on each bridge that they can be met on: their own, and
    those that routers join it with. Equal addresses elsewhere are somebody else's."""
    ranges: dict[str, list[str]] = {}
    for port in state.ports.values():
        network = state.networks.get(port.network_id)
        if group in port.groups and network is not None:
            here = ranges.setdefault(network.realm or network.id, [])
            here += port.addresses
            here += [prefix for _, prefix in port.pairs]
    made = {
        4: Collection("type ifname . ipv4_addr", interval=True),
        6: Collection("type ifname . ipv6_addr", interval=True),
    }
    found = {realm: disjoint(texts) for realm, texts in ranges.items()}
    for network_id, bridge in bridges.items():
        network = state.networks.get(network_id)
        if network is not None:
            for text in found.get(network.realm or network_id, ()):
                made[version_of(text)].elements[f'"{bridge}" . {text}'] = ""
    return {_member_set(group, version): item for version, item in made.items()}


def _address_group(group: str, prefixes: Sequence[str]) -> dict[str, Collection]:
    made = {
        4: Collection("type ipv4_addr", interval=True),
        6: Collection("type ipv6_addr", interval=True),
    }
    for text in disjoint(prefixes):
        made[version_of(text)].elements[text] = ""
    return {address_set(group, version): item for version, item in made.items()}


def _member_set(group: str, version: int) -> str:
    return f"members{version}_{group.replace('-', '')}"


def _group_chain(way: str, group: str) -> str:
    return f"group_{way}_{group.replace('-', '')}"


def _profile_chain(way: str, number: int) -> str:
    return f"profile_{way}_{number:08x}"
