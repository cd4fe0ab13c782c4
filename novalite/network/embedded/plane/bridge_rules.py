"""The bridge table: nobody pretends to be somebody else. See ``rulesets``."""

import ipaddress

from novalite.network.embedded.plane.nft import Chain, Collection, Table
from novalite.network.embedded.plane.ranges import own_addresses, version_of
from novalite.network.embedded.plane.state import PortState
from novalite.network.vifs import device_name

UNCONFIGURED = (
    "{ nd-neighbor-solicit, nd-router-solicit, mld-listener-report, mld2-listener-report }"
)


def bridge_table(
    name: str,
    ports: list[PortState],
    profiles: dict[frozenset[str], int],
    with_ipv6: set[str],
) -> Table:
    """``with_ipv6``: the networks that have a subnet of IPv6."""
    table = Table("bridge", name)
    guests = Collection("type ifname")
    blocked = Collection("type ifname")
    macs = Collection("type ifname . ether_addr")
    sources4 = Collection("type ifname . ether_addr . ipv4_addr", interval=True)
    sources6 = Collection("type ifname . ether_addr . ipv6_addr", interval=True)
    marks = Collection("type ifname : mark", is_map=True)
    neighbours = Collection("type ifname : verdict", is_map=True)
    table.chains = _bridge_chains()
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
                kind = sources4 if version_of(text) == 4 else sources6
                kind.elements[f"{device} . {mac} . {text}"] = ""
        if port.network_id in with_ipv6:
            chain = f"neighbour_{port.id.replace('-', '')}"
            table.chains[chain] = Chain(_advertised(port))
            neighbours.elements[device] = f"jump {chain}"
    table.collections = {
        "guests": guests,
        "blocked": blocked,
        "macs": macs,
        "sources4": sources4,
        "sources6": sources6,
        "profiles": marks,
        "neighbours": neighbours,
    }
    return table


def _advertised(port: PortState) -> list[str]:
    """The targets that a port may advertise as its own neighbour. They lie 8 bytes inside the
    message; older versions of nft have no name for them, and none puts them into a named set."""
    rules = []
    for texts in own_addresses(port).values():
        for text in texts:
            if version_of(text) == 6:
                prefix = ipaddress.IPv6Network(text)
                bits = prefix.prefixlen
                value = int(prefix.network_address) >> (128 - bits)
                rules.append(f"@th,64,{bits} {value:#x} return" if bits else "return")
    return [*rules, "drop"]


def _bridge_chains() -> dict[str, Chain]:
    return {
        "prerouting": Chain(
            ["iifname @blocked drop", "iifname @guests jump from_guest"],
            "type filter hook prerouting priority -300; policy accept;",
        ),
        "forwarding": Chain(
            ["oifname @blocked drop", "oifname @guests meta mark set oifname map @profiles"],
            "type filter hook forward priority -200; policy accept;",
        ),
        "delivery": Chain(
            ["oifname @blocked drop"],
            "type filter hook output priority -200; policy accept;",
        ),
        "from_guest": Chain(
            [
                "iifname . ether saddr != @macs drop",
                "ether type arp jump from_guest_arp",
                "ether type ip jump from_guest_ip4",
                "ether type ip6 jump from_guest_ip6",
                "ether type != { arp, ip, ip6 } drop",
                "meta mark set iifname map @profiles",
            ]
        ),
        "from_guest_arp": Chain(
            [
                "iifname . arp saddr ether != @macs drop",
                "arp saddr ip 0.0.0.0 return",  # a probe whether an address is free
                "iifname . ether saddr . arp saddr ip != @sources4 drop",
            ]
        ),
        "from_guest_ip4": Chain(
            [
                "udp sport 67 udp dport 68 drop",
                "ip saddr 0.0.0.0 udp sport 68 udp dport 67 return",
                "iifname . ether saddr . ip saddr != @sources4 drop",
            ]
        ),
        "from_guest_ip6": Chain(
            [
                "udp sport 547 udp dport 546 drop",
                "icmpv6 type { nd-router-advert, nd-redirect } drop",
                f"ip6 saddr :: icmpv6 type {UNCONFIGURED} return",
                "iifname . ether saddr . ip6 saddr != @sources6 drop",
                "icmpv6 type nd-neighbor-advert iifname vmap @neighbours",
            ]
        ),
    }
