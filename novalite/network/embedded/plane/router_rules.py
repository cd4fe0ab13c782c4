"""The packet filter inside a router's namespace: translation, and what may not pass.

The guests' own rules are not here: what a router hands to a bridge passes them there.
"""

import ipaddress

from novalite.network.embedded.plane.inet_rules import METADATA_ADDRESS
from novalite.network.embedded.plane.names import inner_name
from novalite.network.embedded.plane.nft import Chain, Collection, Ruleset, Table
from novalite.network.embedded.plane.state import RouterState

TABLE = "novalite"
FROM_OUTSIDE = 1
"""The mark of what came in by the gateway."""


def outer_address(router: RouterState) -> str | None:
    """The IPv4 address of the gateway, which stands for all that have no floating one."""
    for port in router.ports:
        if port.gateway:
            for text in port.addresses:
                if ":" not in text:
                    return text.partition("/")[0]
    return None


def render(router: RouterState) -> Ruleset:
    table = Table("inet", TABLE)
    gateways = Collection("type ifname")
    for port in router.ports:
        if port.gateway:
            gateways.elements[f'"{inner_name(port.id)}"'] = ""
    inside = Collection("type ipv4_addr : ipv4_addr", is_map=True)
    outside = Collection("type ipv4_addr : ipv4_addr", is_map=True)
    for floating, fixed in router.floating:
        inside.elements[floating] = fixed
        outside.elements[fixed] = floating
    table.collections = {"gateways": gateways, "inside_of": inside, "outside_of": outside}
    table.chains = {
        "marking": Chain(
            [f"iifname @gateways meta mark set {FROM_OUTSIDE}"],
            "type filter hook prerouting priority -150; policy accept;",
        ),
        "arriving": Chain(
            ["dnat ip to ip daddr map @inside_of"],
            "type nat hook prerouting priority -100; policy accept;",
        ),
        "to_router": Chain(
            [
                # the subnets' own server answers these; the router only advertises
                "udp dport 547 drop",
                "iifname @gateways ct state new meta l4proto != { icmp, ipv6-icmp } drop",
            ],
            "type filter hook input priority 0; policy accept;",
        ),
        "passing": Chain(_passing(router), "type filter hook forward priority 0; policy accept;"),
        "leaving": Chain(
            _leaving(router), "type nat hook postrouting priority 100; policy accept;"
        ),
    }
    return (table,)


def _passing(router: RouterState) -> list[str]:
    rules = [f"ip daddr {METADATA_ADDRESS} drop"]
    if router.snat:
        # addresses that are hidden cannot be asked for by who knows the way nevertheless
        rules.append("iifname @gateways meta nfproto ipv4 ct state new ct status & dnat == 0 drop")
    return rules


def _leaving(router: RouterState) -> list[str]:
    rules = [
        "oifname != @gateways ct status & dnat == 0 accept",
        "snat ip to ip saddr map @outside_of",
    ]
    address = outer_address(router)
    if address is None:
        return rules
    if router.snat:
        rules.append(f"oifname @gateways meta nfproto ipv4 snat ip to {address}")
    # a guest that asks for a neighbour by its floating address has to get the answer from here
    rules.append(
        f"oifname != @gateways meta mark != {FROM_OUTSIDE} meta nfproto ipv4 "
        f"ct status dnat snat ip to {address}"
    )
    return rules


def addresses_of(router: RouterState) -> dict[str, set[str]]:
    """Port id -> the addresses, with prefix length, that its device has: the floating ones on
    the gateway too."""
    wanted = {port.id: set(port.addresses) for port in router.ports}
    for port in router.ports:
        if port.gateway:
            wanted[port.id] |= {f"{floating}/32" for floating, _ in router.floating}
    return wanted


def default_routes(router: RouterState) -> list[tuple[str, str]]:
    """(destination, next hop)"""
    return [
        ("::/0" if ipaddress.ip_address(hop).version == 6 else "0.0.0.0/0", hop)
        for hop in router.next_hops
    ]
