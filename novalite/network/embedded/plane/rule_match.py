"""One security group rule as the condition of an nftables rule."""

from collections.abc import Callable

from novalite.network.embedded.plane.state import RuleState
from novalite.network.embedded.protocols import ICMP, WITH_PORTS, number_of


def matches(rule: RuleState, member_set: Callable[[str, int], str]) -> str:
    """``member_set(group, IP version)`` names the set of a group's addresses by bridge."""
    version = 4 if rule.ethertype == "IPv4" else 6
    return " ".join(
        part
        for part in (
            f"meta nfproto ipv{version}",
            _remote(rule, version, member_set),
            _protocol(rule),
        )
        if part
    )


def address_set(group: str, version: int) -> str:
    """The set of an address group's prefixes."""
    return f"addresses{version}_{group.replace('-', '')}"


def _remote(rule: RuleState, version: int, member_set: Callable[[str, int], str]) -> str:
    header = "ip" if version == 4 else "ip6"
    incoming = rule.direction == "ingress"
    address = f"{header} {'saddr' if incoming else 'daddr'}"
    if rule.remote_group:
        bridge = "oifname" if incoming else "iifname"
        return f"{bridge} . {address} @{member_set(rule.remote_group, version)}"
    if rule.remote_addresses:
        return f"{address} @{address_set(rule.remote_addresses, version)}"
    if rule.remote_prefix and not rule.remote_prefix.endswith("/0"):
        return f"{address} {rule.remote_prefix}"
    return ""


def _protocol(rule: RuleState) -> str:
    number = number_of(rule.protocol, rule.ethertype)
    if number is None or (number == 0 and rule.protocol in ("ip", "0")):
        return ""
    low, high = rule.port_min, rule.port_max
    if low is None:
        return f"meta l4proto {number}"
    if number in ICMP:
        name = "icmp" if number == 1 else "icmpv6"
        code = "" if high is None else f" {name} code {high}"
        return f"{name} type {low}{code}"
    ports = f"{low}" if low == high else f"{low}-{high}"
    return f"{WITH_PORTS[number]} dport {ports}"
