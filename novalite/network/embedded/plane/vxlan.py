"""Tunnels between the hosts of a network: a VXLAN device on its bridge.

Nothing is learned from packets: who is behind which host is written down, and what is for all
goes to each host that has somebody on the network.
"""

import ipaddress

from novalite.network.embedded.plane.commands import batch, run
from novalite.network.embedded.plane.devices import exists, shown
from novalite.network.embedded.plane.links import Links
from novalite.network.embedded.plane.state import NetworkState, State, TunnelState

EVERYBODY = "00:00:00:00:00:00"
Entries = set[tuple[str, str]]


class Tunnels:
    def __init__(self, links: Links) -> None:
        self.links = links
        self._up: dict[str, tuple[TunnelState, int, str, int]] = {}

    def ensure(self, network: NetworkState, state: State) -> None:
        """As ``state`` has it for this network, or none. The bridge has to be there. Raises
        DependencyUnavailable."""
        tunnel = state.tunnels.get(network.id)
        if tunnel is None:
            self.remove(network.id)
            return
        wanted = (tunnel, network.mtu, state.tunnel_address, state.tunnel_port)
        if self._up.get(network.id) == wanted:
            return
        self._up.pop(network.id, None)
        device = self.links.tunnel(network.id)
        lines = []
        if exists(device) and not _is(device, tunnel.vni, state):
            lines.append(f"link del {device}")
        if lines or not exists(device):
            lines.append(
                f"link add {device} type vxlan id {tunnel.vni} local {state.tunnel_address} "
                f"dstport {state.tunnel_port} nolearning"
            )
        lines.append(
            f"link set {device} mtu {network.mtu} addrgenmode none "
            f"master {self.links.bridge(network.id)} up"
        )
        batch(lines)
        entries = {(EVERYBODY, peer) for peer in tunnel.peers} | set(tunnel.macs)
        _write(device, entries)
        self._up[network.id] = wanted

    def remove(self, network_id: str) -> None:
        self._up.pop(network_id, None)
        device = self.links.tunnel(network_id)
        if exists(device):
            batch([f"link del {device}"], force=True)


def _is(device: str, vni: int, state: State) -> bool:
    (link,) = shown(None, "-d", "link", "show", "dev", device)
    data = link.get("linkinfo", {}).get("info_data", {})
    local = data.get("local") or data.get("local6")
    return (data.get("id"), local, data.get("port")) == (
        vni,
        str(ipaddress.ip_address(state.tunnel_address)),
        state.tunnel_port,
    )


def _write(device: str, wanted: Entries) -> None:
    have = entries_of(run(["bridge", "fdb", "show", "dev", device]))
    lines = [f"fdb del {mac} dev {device} dst {peer} self" for mac, peer in sorted(have - wanted)]
    lines += [
        f"fdb append {mac} dev {device} dst {peer} self permanent"
        for mac, peer in sorted(wanted - have)
    ]
    if lines:
        run(["bridge", "-batch", "-"], "\n".join(lines) + "\n")


def entries_of(listing: str) -> Entries:
    """(MAC address, peer) from ``bridge fdb show``."""
    found = set()
    for line in listing.splitlines():
        words = line.split()
        if "dst" in words:
            found.add((words[0], words[words.index("dst") + 1]))
    return found
