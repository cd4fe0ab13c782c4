"""What dnsmasq is told: pure functions from the State to its files."""

import ipaddress
from collections.abc import Iterable

from novalite.network.embedded.plane.inet_rules import METADATA_ADDRESS
from novalite.network.embedded.plane.state import NetworkState, PortState, SubnetState

LEASE_SECONDS = 86400
CLASSLESS_ROUTES = 121
CLASSLESS_ROUTES_MICROSOFT = 249


def configuration(
    network: NetworkState, directory: str, interface: str, domain: str, user: str
) -> str:
    """dnsmasq.conf for one network. ``directory`` holds the hosts and leases files."""
    lines = [
        "port=0",
        "bind-dynamic",
        f"interface={interface}",
        "except-interface=lo",
        "no-hosts",
        "no-resolv",
        "no-ping",
        "dhcp-authoritative",
        f"dhcp-leasefile={directory}/leases",
        f"dhcp-hostsfile={directory}/hosts",
        f"pid-file={directory}/pid",
        "dhcp-lease-max=65536",
        "quiet-dhcp",
        "quiet-dhcp6",
        f"user={user}",
        f"dhcp-option-force=option:mtu,{network.mtu}",
    ]
    if domain:
        lines.append(f"domain={domain}")
    own = dict(network.dhcp_addresses)
    for subnet in sorted(network.subnets, key=lambda each: each.id):
        if subnet.dhcp and subnet.id in own:
            lines += _subnet(subnet, own[subnet.id])
    return "\n".join(lines) + "\n"


def _subnet(subnet: SubnetState, own_address: str) -> list[str]:
    tag = f"subnet-{subnet.id}"
    cidr = ipaddress.ip_network(subnet.cidr)
    if subnet.version == 6:
        lines = [
            f"dhcp-range=set:{tag},{cidr.network_address},static,{cidr.prefixlen},{LEASE_SECONDS}s"
        ]
        if subnet.dns:
            servers = ",".join(f"[{address}]" for address in subnet.dns)
            lines.append(f"dhcp-option=tag:{tag},option6:dns-server,{servers}")
        return lines
    lines = [f"dhcp-range=set:{tag},{cidr.network_address},static,{cidr.netmask},{LEASE_SECONDS}s"]
    routes = [(f"{METADATA_ADDRESS}/32", own_address), *subnet.routes]
    if subnet.gateway:
        # a client that understands classless routes does not look at the router option
        if not any(destination == "0.0.0.0/0" for destination, _ in routes):
            routes.append(("0.0.0.0/0", subnet.gateway))
        lines.append(f"dhcp-option=tag:{tag},option:router,{subnet.gateway}")
    else:
        lines.append(f"dhcp-option=tag:{tag},option:router")
    text = ",".join(part for route in routes for part in route)
    for option in (CLASSLESS_ROUTES, CLASSLESS_ROUTES_MICROSOFT):
        lines.append(f"dhcp-option=tag:{tag},{option},{text}")
    if subnet.dns:
        lines.append(f"dhcp-option=tag:{tag},option:dns-server,{','.join(subnet.dns)}")
    return lines


def hosts(ports: Iterable[PortState]) -> str:
    """One line per port: MAC address, addresses, name."""
    lines = []
    for port in sorted(ports, key=lambda each: each.id):
        if not port.addresses:
            continue
        four = [address for address in port.addresses if ":" not in address]
        six = [f"[{address}]" for address in port.addresses if ":" in address]
        name = port.hostname or "host-" + port.addresses[0].replace(".", "-").replace(":", "-")
        # dnsmasq takes one IPv4 address per line, and picks the line whose range fits
        for number in range(max(len(four), 1)):
            addresses = [*four[number : number + 1], *(six if number == 0 else [])]
            lines.append(",".join([port.mac, *addresses, name]))
    return "".join(f"{line}\n" for line in lines)
