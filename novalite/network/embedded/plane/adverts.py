"""IPv6 router advertisements: one dnsmasq in the namespace of each router that has prefixes."""

import ipaddress
from collections.abc import Sequence

from novalite.network.embedded.plane.dhcp_files import Place
from novalite.network.embedded.plane.dnsmasq import Dnsmasq
from novalite.network.embedded.plane.names import inner_name
from novalite.network.embedded.plane.state import PrefixState, RouterState

MODES = {
    "slaac": "ra-only,{length},infinite",
    "dhcpv6-stateless": "ra-stateless,{length},infinite",
    # the addresses are given out by the network's own server, which this one does not disturb:
    # the router's filter keeps requests away from it
    "dhcpv6-stateful": "static,{length},infinite",
}


def configuration(router: RouterState, place: Place) -> str:
    """dnsmasq.conf of a router."""
    lines = [
        "port=0",
        "bind-dynamic",
        "no-hosts",
        "no-resolv",
        "enable-ra",
        "quiet-ra",
        "quiet-dhcp6",
        f"dhcp-leasefile={place.directory}/leases",
        f"pid-file={place.directory}/pid",
        f"user={place.user}",
    ]
    mtus = {port.id: port.mtu for port in router.ports}
    for port_id in dict.fromkeys(prefix.port_id for prefix in router.prefixes):
        device = inner_name(port_id)
        lines += [f"interface={device}", f"ra-param={device},mtu:{mtus[port_id]},0,1800"]
    for number, prefix in enumerate(router.prefixes):
        lines += _prefix(f"prefix-{number}", prefix)
    return "\n".join(lines) + "\n"


def _prefix(tag: str, prefix: PrefixState) -> list[str]:
    cidr = ipaddress.ip_network(prefix.cidr)
    mode = MODES[prefix.mode].format(length=cidr.prefixlen)
    lines = [f"dhcp-range=set:{tag},{cidr.network_address},{mode}"]
    if prefix.dns:
        lines.append(f"dhcp-option=tag:{tag},option6:dns-server,{_brackets(prefix.dns)}")
    return lines


def _brackets(addresses: Sequence[str]) -> str:
    return ",".join(f"[{address}]" for address in addresses)


class Adverts(Dnsmasq):
    def advertise(self, router: RouterState, space: str) -> None:
        """Nothing runs for a router without prefixes. Raises DependencyUnavailable."""
        if not router.prefixes:
            self.remove(router.id)
            return
        place = Place(self.directory(router.id), "", self.user(router.id))
        self.ensure(router.id, space, configuration(router, place), {})
