"""Names of IP protocols, as security group rules use them."""

from novalite.exception import InvalidInput

NUMBERS: dict[str, int] = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "hopopt": 0,
    "icmp": 1,
    "icmpv6": 58,
    "igmp": 2,
    "ip": 0,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
WITH_PORTS: dict[int, str] = {6: "tcp", 17: "udp", 33: "dccp", 132: "sctp", 136: "udplite"}
"""Those that have ports -> their name in a packet filter."""
ICMP = frozenset({1, 58})


def number_of(protocol: str | None, ethertype: str) -> int | None:
    """The protocol's number, None for any. ``icmp`` over IPv6 is 58. Raises InvalidInput."""
    if protocol is None:
        return None
    number = NUMBERS.get(protocol)
    if number is None:
        if not protocol.isdecimal() or int(protocol) > 255:
            raise InvalidInput(
                reason=f"Security group rule protocol {protocol} not supported. Only protocol "
                f"values [{', '.join(sorted(NUMBERS))}] and integer representations "
                "[0 to 255] are supported."
            )
        number = int(protocol)
    if number == 1 and ethertype == "IPv6":
        return 58
    return number
