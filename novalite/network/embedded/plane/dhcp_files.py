"""What dnsmasq is told: pure functions from the State to its files."""

import dataclasses
import ipaddress
import re
from collections.abc import Iterable, Sequence

from novalite.network.embedded.plane.inet_rules import METADATA_ADDRESS
from novalite.network.embedded.plane.state import NetworkState, PortState, SubnetState

LEASE_SECONDS = 86400
CLASSLESS_ROUTES = 121
CLASSLESS_ROUTES_MICROSOFT = 249
SLAAC = "slaac"
OPTION_NAME = re.compile(r"[a-z0-9-]{1,64}")
DOMAIN = re.compile(r"[A-Za-z0-9_.-]{1,253}")


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a dnsmasq works: its directory, the device that it serves, and as whom."""

    directory: str
    interface: str
    user: str


def domain_of(network: NetworkState, default: str) -> str:
    """Without the dot at the end that the API likes."""
    own = network.dns_domain.rstrip(".")
    return own if DOMAIN.fullmatch(own) else default.rstrip(".")


def configuration(
    network: NetworkState, place: Place, domain: str, resolvers: Sequence[str] = ()
) -> str:
    """dnsmasq.conf for one network. The directory holds the files that change often."""
    directory = place.directory
    lines = [
        "bind-dynamic",
        f"interface={place.interface}",
        "except-interface=lo",
        "no-hosts",
        "no-resolv",
        "no-ping",
        "dhcp-authoritative",
        f"dhcp-leasefile={directory}/leases",
        f"dhcp-hostsfile={directory}/hosts",
        f"dhcp-optsfile={directory}/options",
        f"addn-hosts={directory}/names",
        f"pid-file={directory}/pid",
        "dhcp-lease-max=65536",
        "quiet-dhcp",
        "quiet-dhcp6",
        f"user={place.user}",
        f"dhcp-option-force=option:mtu,{network.mtu}",
    ]
    if domain:
        lines += [f"domain={domain}", f"local=/{domain}/"]
    lines += [f"server={address}" for address in resolvers]
    own = dict(network.dhcp_addresses)
    for subnet in sorted(network.subnets, key=lambda each: each.id):
        if subnet.dhcp and subnet.id in own:
            lines += _subnet(subnet, own[subnet.id])
    return "\n".join(lines) + "\n"


def _subnet(subnet: SubnetState, own_address: str) -> list[str]:
    """A subnet that names no servers has this one, which knows the guests' names."""
    tag = f"subnet-{subnet.id}"
    cidr = ipaddress.ip_network(subnet.cidr)
    dns = subnet.dns or (own_address,)
    if subnet.version == 6:
        if subnet.address_mode == SLAAC:
            return []  # guests give themselves addresses, and hear of all else from the router
        servers = ",".join(f"[{address}]" for address in dns)
        return [
            f"dhcp-range=set:{tag},{cidr.network_address},static,{cidr.prefixlen},{LEASE_SECONDS}s",
            f"dhcp-option=tag:{tag},option6:dns-server,{servers}",
        ]
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
    lines.append(f"dhcp-option=tag:{tag},option:dns-server,{','.join(dns)}")
    return lines


def hosts(ports: Iterable[PortState]) -> str:
    """One line per port: MAC address, addresses, name."""
    lines = []
    for port in sorted(ports, key=lambda each: each.id):
        if not port.addresses:
            continue
        four = [address for address in port.addresses if ":" not in address]
        six = [f"[{address}]" for address in port.addresses if ":" in address]
        tag = [f"set:{_tag(port)}"] if port.options else []
        # dnsmasq takes one IPv4 address per line, and picks the line whose range fits
        for number in range(max(len(four), 1)):
            addresses = [*four[number : number + 1], *(six if number == 0 else [])]
            lines.append(",".join([port.mac, *tag, *addresses, host_name(port)]))
    return "".join(f"{line}\n" for line in lines)


def host_name(port: PortState) -> str:
    if DOMAIN.fullmatch(port.hostname):
        return port.hostname
    return "host-" + port.addresses[0].replace(".", "-").replace(":", "-")


def names(ports: Iterable[PortState], domain: str) -> str:
    """As /etc/hosts: address, full name, short name."""
    lines = []
    for port in sorted(ports, key=lambda each: each.id):
        for address in port.addresses:
            name = host_name(port)
            full = [f"{name}.{domain}"] if domain else []
            lines.append(" ".join([address, *full, name]))
    return "".join(f"{line}\n" for line in lines)


def options(ports: Iterable[PortState]) -> str:
    """The options of single ports. Users write names and values: what could be more than one
    option is left out."""
    lines = []
    for port in sorted(ports, key=lambda each: each.id):
        for name, value, version in port.options:
            if not OPTION_NAME.fullmatch(name) or not value.isprintable():
                continue
            kind = "option6" if version == 6 else "option"
            which = name if name.isdecimal() and version == 4 else f"{kind}:{name}"
            lines.append(f"tag:{_tag(port)},{which},{value}")
    return "".join(f"{line}\n" for line in lines)


def _tag(port: PortState) -> str:
    return f"port-{port.id}"
