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

from novalite.network.embedded.plane.bridge_rules import bridge_table
from novalite.network.embedded.plane.inet_rules import inet_table
from novalite.network.embedded.plane.nft import Ruleset
from novalite.network.embedded.plane.state import State


def render(state: State, bridges: dict[str, str], name: str) -> Ruleset:
    """``bridges``: network id -> bridge; ``name``: that of both tables."""
    ports = [port for port in state.ports.values() if port.here and port.network_id in bridges]
    ports.sort(key=lambda port: port.id)
    networks = [net for net in state.networks.values() if net.id in bridges]
    profiles = number_profiles({port.groups for port in ports if port.secured})
    with_ipv6 = {net.id for net in networks if any(each.version == 6 for each in net.subnets)}
    return (
        bridge_table(name, ports, profiles, with_ipv6),
        inet_table(name, state, networks, ports, bridges, profiles),
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
