"""From the State to the packet filter: a pure function.

Two tables. ``bridge`` sees every frame with the device that it came from, and so it can tell
that a guest lies about who it is; it has no connection tracking. ``inet`` sees the IP packets
of our bridges (through br_netfilter, switched on bridge by bridge) with their connections, but
only the bridge as their device. So the bridge table writes the *profile* of a port (a number
that stands for its set of security groups) into the packet's mark: that of the sender on entry,
where ``inet`` decides what may leave, and that of the receiver on forwarding, where ``inet``
decides what may come in. Packets that the host itself sends or routes have no bridge port yet:
for those the receiver is found by its address.

All that depends on a single port is an element of a set: adding a port adds elements.
"""

import hashlib
import ipaddress
from collections.abc import Iterable

from novalite.network.embedded.plane import nft
from novalite.network.embedded.plane.rule_match import matches
from novalite.network.embedded.plane.state import NetworkState, PortState, State
from novalite.network.vifs import device_name

Collection = nft.Collection
METADATA_ADDRESS = "169.254.169.254"
METADATA_PORT = 80

NEIGHBOURS = (
    "{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld-listener-query, "
    "mld-listener-report, mld-listener-done, mld2-listener-report }"
)
UNCONFIGURED = (
    "{ nd-neighbor-solicit, nd-router-solicit, mld-listener-report, mld2-listener-report }"
)


def render(state: State, bridges: dict[str, str], name: str) -> nft.Ruleset:
    """``bridges``: network id -> bridge; ``name``: that of both tables."""
    ports = [port for port in state.ports.values() if port.network_id in bridges]
    ports.sort(key=lambda port: port.id)
    networks = [net for net in state.networks.values() if net.id in bridges]
    profiles = number_profiles({port.groups for port in ports if port.secured})
    return (
        _bridge_table(name, ports, profiles),
        _inet_table(name, state, networks, ports, bridges, profiles),
    )


def number_profiles(group_sets: set[frozenset[str]]) -> dict[frozenset[str], int]:
    """A packet mark for each set of security groups: the same ones whatever else there is."""
    numbers: dict[frozenset[str], int] = {}
    for groups in sorted(group_sets, key=sorted):
        digest = hashlib.sha256(",".join(sorted(groups)).encode()).digest()
        number = int.from_bytes(digest[:4], "big") >> 1 or 1
        while number in numbers.values():
            number += 1
        numbers[groups] = number
    return numbers


# ---- the bridge table: nobody pretends to be somebody else ----


def _bridge_table(
    name: str, ports: list[PortState], profiles: dict[frozenset[str], int]
) -> nft.Table:
    table = nft.Table("bridge", name)
    guests = Collection("type ifname")
    blocked = Collection("type ifname")
    macs = Collection("type ifname . ether_addr")
    sources4 = Collection("type ifname . ether_addr . ipv4_addr", interval=True)
    sources6 = Collection("type ifname . ether_addr . ipv6_addr", interval=True)
    marks = Collection("type ifname : mark", is_map=True)
    for port in ports:
        device = f'"{device_name(port.id)}"'
        if not port.up:
            blocked.elements[device] = ""
        if not port.secured:
            continue
        guests.elements[device] = ""
        marks.elements[device] = f"{profiles[port.groups]:#x}"
        for mac, ranges in own_addresses(port).items():
            macs.elements[f"{device} . {mac}"] = ""
            for text in ranges:
                kind = sources4 if _version(text) == 4 else sources6
                kind.elements[f"{device} . {mac} . {text}"] = ""
    table.collections = {
        "guests": guests,
        "blocked": blocked,
        "macs": macs,
        "sources4": sources4,
        "sources6": sources6,
        "profiles": marks,
    }
    table.chains = _bridge_chains()
    return table


def _bridge_chains() -> dict[str, nft.Chain]:
    return {
        "prerouting": nft.Chain(
            ["iifname @blocked drop", "iifname @guests jump from_guest"],
            "type filter hook prerouting priority -300; policy accept;",
        ),
        "forwarding": nft.Chain(
            ["oifname @blocked drop", "oifname @guests meta mark set oifname map @profiles"],
            "type filter hook forward priority -200; policy accept;",
        ),
        "delivery": nft.Chain(
            ["oifname @blocked drop"],
            "type filter hook output priority -200; policy accept;",
        ),
        "from_guest": nft.Chain(
            [
                "iifname . ether saddr != @macs drop",
                "ether type arp jump from_guest_arp",
                "ether type ip jump from_guest_ip4",
                "ether type ip6 jump from_guest_ip6",
                "ether type != { arp, ip, ip6 } drop",
                "meta mark set iifname map @profiles",
            ]
        ),
        "from_guest_arp": nft.Chain(
            [
                "iifname . arp saddr ether != @macs drop",
                "arp saddr ip 0.0.0.0 return",  # a probe whether an address is free
                "iifname . ether saddr . arp saddr ip != @sources4 drop",
            ]
        ),
        "from_guest_ip4": nft.Chain(
            [
                "udp sport 67 udp dport 68 drop",
                "ip saddr 0.0.0.0 udp sport 68 udp dport 67 return",
                "iifname . ether saddr . ip saddr != @sources4 drop",
            ]
        ),
        "from_guest_ip6": nft.Chain(
            [
                "udp sport 547 udp dport 546 drop",
                "icmpv6 type { nd-router-advert, nd-redirect } drop",
                f"ip6 saddr :: icmpv6 type {UNCONFIGURED} return",
                "iifname . ether saddr . ip6 saddr != @sources6 drop",
            ]
        ),
    }


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


def _version(text: str) -> int:
    return 6 if ":" in text else 4


def link_local(mac: str) -> str:
    """The IPv6 link-local address that a MAC address gives (modified EUI-64)."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    identifier = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + identifier))


# ---- the inet table: security groups, isolation, translation ----


def _inet_table(
    name: str,
    state: State,
    networks: list[NetworkState],
    ports: list[PortState],
    bridges: dict[str, str],
    profiles: dict[frozenset[str], int],
) -> nft.Table:
    table = nft.Table("inet", name)
    table.collections = {
        **_network_sets(networks, bridges),
        **_port_maps(ports, bridges, profiles),
    }
    table.chains = _inet_chains()
    for groups, number in profiles.items():
        for way in ("in", "out"):
            jumps = [f"jump {_group_chain(way, group)}" for group in sorted(groups)]
            table.chains[_profile_chain(way, number)] = nft.Chain([*jumps, "counter drop"])
    remote: set[str] = set()
    for group in sorted({group for groups in profiles for group in groups}):
        rules = state.groups.get(group, ())
        remote |= {rule.remote_group for rule in rules if rule.remote_group}
        for way, direction, verdict in (
            ("in", "ingress", "accept"),
            ("out", "egress", "goto leave"),
        ):
            chosen = [rule for rule in rules if rule.direction == direction]
            lines = sorted({matches(rule, _member_set) for rule in chosen})
            table.chains[_group_chain(way, group)] = nft.Chain(
                [f"{line} {verdict}" for line in lines]
            )
    for group in sorted(remote):
        table.collections.update(_members(group, ports, bridges))
    return table


def _inet_chains() -> dict[str, nft.Chain]:
    metadata = f"ip daddr {METADATA_ADDRESS} tcp dport {METADATA_PORT}"
    return {
        "zoning": nft.Chain(
            ["ct zone set iifname map @zones"],
            "type filter hook prerouting priority -300; policy accept;",
        ),
        "leaving": nft.Chain(
            ["iifname @bridges meta mark != 0 jump from_guest"],
            "type filter hook prerouting priority -150; policy accept;",
        ),
        "to_host": nft.Chain(
            ["iifname @isolated drop"],
            "type filter hook input priority 0; policy accept;",
        ),
        "passing": nft.Chain(
            [
                "iifname @isolated oifname != @isolated drop",
                "iifname != @isolated oifname @isolated drop",
                "oifname @bridges jump to_guest",
            ],
            "type filter hook forward priority 0; policy accept;",
        ),
        "from_host": nft.Chain(
            ["oifname @isolated drop", "oifname @bridges jump to_guest"],
            "type filter hook output priority 0; policy accept;",
        ),
        "translating": nft.Chain(
            ["ip saddr @translated oifname != @bridges masquerade"],
            "type nat hook postrouting priority 100; policy accept;",
        ),
        # the mark has done its work when a packet may leave: nobody else shall see it
        "leave": nft.Chain(["meta mark set 0 accept"]),
        "from_guest": nft.Chain(
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
        "to_guest": nft.Chain(
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
        by_address[_version(address)].elements.setdefault(key, verdict)
    return {
        "egress": egress,
        "ingress": ingress,
        "ingress4": by_address[4],
        "ingress6": by_address[6],
    }


def _members(group: str, ports: list[PortState], bridges: dict[str, str]) -> dict[str, Collection]:
    """The addresses of a group's members, bridge by bridge."""
    ranges: dict[str, list[str]] = {}
    for port in ports:
        if group in port.groups:
            here = ranges.setdefault(bridges[port.network_id], [])
            here += port.addresses
            here += [prefix for _, prefix in port.pairs]
    made = {
        4: Collection("type ifname . ipv4_addr", interval=True),
        6: Collection("type ifname . ipv6_addr", interval=True),
    }
    for bridge, texts in ranges.items():
        for text in disjoint(texts):
            made[_version(text)].elements[f'"{bridge}" . {text}'] = ""
    return {_member_set(group, version): item for version, item in made.items()}


def _member_set(group: str, version: int) -> str:
    return f"members{version}_{group.replace('-', '')}"


def _group_chain(way: str, group: str) -> str:
    return f"group_{way}_{group.replace('-', '')}"


def _profile_chain(way: str, number: int) -> str:
    return f"profile_{way}_{number:08x}"
