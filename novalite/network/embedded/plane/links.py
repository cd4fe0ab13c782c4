"""Bridges, namespaces and the cables between them.

Every method looks at what is there and adds what is missing, so that it may be called at any
time, after a crash or a reboot too.
"""

import hashlib
import ipaddress
import logging
import os

from novalite.exception import DependencyUnavailable
from novalite.network.embedded.plane.commands import batch, read, run, set_sysctl
from novalite.network.embedded.plane.devices import DEVICES, exists, set_addresses, shown
from novalite.network.embedded.plane.inet_rules import METADATA_ADDRESS
from novalite.network.embedded.plane.names import Names
from novalite.network.embedded.plane.netns import DIRECTORY as NETNS
from novalite.network.embedded.plane.state import NetworkState

LOG = logging.getLogger(__name__)

INSIDE = "dhcp0"
PERSISTENT_TAP = 0x0800
NO_ARP_ANSWERS = "8"


class Links(Names):
    """``host``: a name that tells this host's bridges from those of the same networks on the
    network host, where it is empty."""

    def __init__(self, prefix: str, host: str = "") -> None:
        super().__init__(prefix)
        self.host = host

    # ---- the kernel ----

    @staticmethod
    def prepare_kernel() -> None:
        """Packets on bridges have to be visible to the inet filter. Each of our bridges asks for
        that itself; the switch for all bridges is left as it is, unless the module came with us,
        whose default would change the other bridges of this host.

        Raises DependencyUnavailable where the kernel cannot.
        """
        if not os.path.isdir("/proc/sys/net/bridge"):
            run(["modprobe", "br_netfilter"], check=False)
            if not os.path.isdir("/proc/sys/net/bridge"):
                raise DependencyUnavailable(reason="the kernel has no br_netfilter")
            for name in ("iptables", "ip6tables", "arptables"):
                set_sysctl(f"net/bridge/bridge-nf-call-{name}", "0")

    # ---- bridges ----

    def ensure_bridge(self, network: NetworkState) -> None:
        name = self.bridge(network.id)
        lines = []
        if not exists(name):
            lines.append(
                f"link add {name} address {bridge_mac(network.id, self.host)} type bridge "
                "stp_state 0 forward_delay 0 mcast_snooping 0 "
                "nf_call_iptables 1 nf_call_ip6tables 1"
            )
        lines.append(f"link set {name} mtu {network.mtu}")
        batch(lines)
        # the host has no part in the guests' networks, beyond the gateways given below
        addresses = _free(host_addresses(network), name)
        if os.path.isdir("/proc/sys/net/ipv6"):
            six = any(":" in address for address in addresses)
            set_sysctl(f"net/ipv6/conf/{name}/disable_ipv6", "0" if six else "1")
            set_sysctl(f"net/ipv6/conf/{name}/accept_ra", "0")
        set_sysctl(
            f"net/ipv4/conf/{name}/arp_ignore", "0" if network.host_access else NO_ARP_ANSWERS
        )
        set_addresses({name: addresses}, None)
        batch([f"link set {name} up"])
        if network.host_access:
            set_sysctl("net/ipv4/ip_forward", "1")

    def remove_bridge(self, name: str) -> None:
        for device in self.ports_of(name):
            self.unplug(device)
        batch([f"link del {name}"], force=True)

    def remove_tunnels(self, keep: set[str]) -> None:
        found = [name for name in os.listdir(DEVICES) if self.is_tunnel(name)]
        batch([f"link del {name}" for name in sorted(found) if name not in keep], force=True)

    def ports_of(self, bridge: str) -> list[str]:
        try:
            return os.listdir(f"{DEVICES}/{bridge}/brif")
        except OSError:
            return []

    def bridge_of(self, device: str) -> str | None:
        """The bridge of ours that ``device`` is plugged into."""
        try:
            name = os.path.basename(os.readlink(f"{DEVICES}/{device}/master"))
        except OSError:
            return None
        return name if self.is_bridge(name) else None

    def unplug(self, device: str) -> None:
        """Cut a tap device off: without its port nothing filters it any more. One that nobody
        holds open is removed too."""
        lines = [f"link set {device} nomaster", f"link set {device} down"]
        flags = read(f"{DEVICES}/{device}/tun_flags")
        if flags is not None and int(flags, 16) & PERSISTENT_TAP:
            lines.append(f"link del {device}")
        batch(lines, force=True)

    # ---- namespaces ----

    def ensure_netns(self, network: NetworkState) -> None:
        """With a cable to the bridge that carries the DHCP port's addresses and metadata's."""
        name, cable = self.netns(network.id), self.cable(network.id)
        if not os.path.exists(f"{NETNS}/{name}"):
            run(["ip", "netns", "add", name])
        if not exists(cable):
            batch(
                [
                    f"link add {cable} type veth peer name {INSIDE} address {network.dhcp_mac} "
                    f"netns {name}"
                ]
            )
        batch(
            [
                f"link set {cable} mtu {network.mtu} addrgenmode none "
                f"master {self.bridge(network.id)} up"
            ]
        )
        batch(
            [
                "link set lo up",
                f"link set {INSIDE} address {network.dhcp_mac} mtu {network.mtu} up",
            ],
            name,
        )
        set_addresses({INSIDE: dhcp_addresses(network), "lo": {f"{METADATA_ADDRESS}/32"}}, name)
        # only for questions about names that others know
        gateways = [each.gateway for each in network.subnets if each.version == 4 and each.gateway]
        wanted = f"route replace default via {gateways[0]}" if gateways else "route del default"
        batch([wanted], name, force=True)

    def remove_netns(self, name: str) -> None:
        run(["ip", "netns", "del", name], check=False)

    # ---- what is there ----

    def bridges(self) -> list[str]:
        return sorted(name for name in os.listdir(DEVICES) if self.is_bridge(name))

    def namespaces(self) -> list[str]:
        """Of networks."""
        return sorted(name for name in _spaces() if self.is_netns(name))

    def routers(self) -> list[str]:
        """Namespaces of routers."""
        return sorted(name for name in _spaces() if self.is_router(name))


def _spaces() -> list[str]:
    try:
        return os.listdir(NETNS)
    except OSError:
        return []


def host_addresses(network: NetworkState) -> set[str]:
    """What the host has on the bridge: the gateways of a network that it takes part in."""
    if not network.host_access:
        return set()
    return {
        f"{subnet.gateway}/{ipaddress.ip_network(subnet.cidr).prefixlen}"
        for subnet in network.subnets
        if subnet.gateway
    }


def _free(addresses: set[str], bridge: str) -> set[str]:
    """Without those of networks that this host is in otherwise: whoever says that the host's own
    network is an external one shall not cut it off."""
    if not addresses:
        return addresses
    taken = [
        ipaddress.ip_network(route["dst"])
        for family in ("-4", "-6")
        for route in shown(None, family, "route", "show", "proto", "kernel")
        if route.get("dev") != bridge and route["dst"] != "default"
    ]
    found = set()
    for text in addresses:
        network = ipaddress.ip_interface(text).network
        rivals = [each for each in taken if each.version == network.version]
        if any(each.overlaps(network) for each in rivals):
            LOG.error("%s is a network of this host already: %s is not set", network, text)
        else:
            found.add(text)
    return found


def dhcp_addresses(network: NetworkState) -> set[str]:
    lengths = {subnet.id: ipaddress.ip_network(subnet.cidr).prefixlen for subnet in network.subnets}
    return {
        f"{address}/{lengths[subnet_id]}"
        for subnet_id, address in network.dhcp_addresses
        if subnet_id in lengths
    }


def bridge_mac(network_id: str, host: str = "") -> str:
    """A fixed address: else a bridge takes the lowest of its ports', and guests lose their
    gateway whenever a port comes or goes."""
    digest = hashlib.sha256(f"{network_id}{host}".encode()).digest()
    return "fa:16:3f:" + ":".join(f"{octet:02x}" for octet in digest[:3])
