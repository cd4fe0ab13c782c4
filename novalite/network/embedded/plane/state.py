"""What the data plane is to bring about, as plain values: read from the database in one go."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class SubnetState:
    """``gateway`` and ``dns`` as text; ``routes`` are (destination, next hop); ``ra_mode`` and
    ``address_mode`` of IPv6: slaac, dhcpv6-stateless, dhcpv6-stateful or None."""

    id: str
    cidr: str
    version: int
    gateway: str | None
    dhcp: bool
    dns: tuple[str, ...] = ()
    routes: tuple[tuple[str, str], ...] = ()
    ra_mode: str | None = None
    address_mode: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class NetworkState:
    """``dhcp_mac`` and ``dhcp_addresses`` (subnet id, address) are those of the DHCP port, None
    and empty where no subnet has DHCP. ``zone``: conntrack zone. ``host_access``: the host has
    the gateways' addresses. ``realm``: the same for all networks that routers join, empty for
    one by itself. ``vni``: VXLAN network identifier. ``here``: this host has a part in it."""

    id: str
    mtu: int
    zone: int
    host_access: bool
    subnets: tuple[SubnetState, ...] = ()
    dhcp_mac: str | None = None
    dhcp_addresses: tuple[tuple[str, str], ...] = ()
    dns_domain: str = ""
    realm: str = ""
    vni: int | None = None
    here: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class PortState:
    """A port that is bound to a host. ``pairs``: further (mac, prefix) that it may use.
    ``secured``: port security; ``up``: nothing passes a port that is administratively down.
    ``options``: (name, value, IP version) for DHCP. ``here``: on this host, or on another one
    that a tunnel leads to."""

    id: str
    network_id: str
    mac: str
    addresses: tuple[str, ...] = ()
    hostname: str = ""
    secured: bool = True
    up: bool = True
    pairs: tuple[tuple[str, str], ...] = ()
    groups: frozenset[str] = frozenset()
    options: tuple[tuple[str, str, int], ...] = ()
    host: str = ""
    here: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class RuleState:
    """A security group rule. ``direction``: ingress or egress; ``ethertype``: IPv4 or IPv6."""

    direction: str
    ethertype: str
    protocol: str | None = None
    port_min: int | None = None
    port_max: int | None = None
    remote_prefix: str | None = None
    remote_group: str | None = None
    remote_addresses: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class RouterPortState:
    """A router's foot in a network. ``addresses`` have their subnet's prefix length; ``gateway``:
    this one leads to the external network."""

    id: str
    network_id: str
    mac: str
    mtu: int
    addresses: tuple[str, ...] = ()
    gateway: bool = False
    up: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class PrefixState:
    """An IPv6 prefix that a router advertises by one of its ports; ``mode`` as ``ra_mode``."""

    port_id: str
    cidr: str
    mode: str
    dns: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class RouterState:
    """``next_hops``: of the default routes; ``routes`` are (destination, next hop); ``floating``:
    (outside, inside) addresses; ``snat``: others leave with the gateway's address."""

    id: str
    ports: tuple[RouterPortState, ...] = ()
    snat: bool = True
    next_hops: tuple[str, ...] = ()
    routes: tuple[tuple[str, str], ...] = ()
    floating: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[PrefixState, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class TunnelState:
    """The way of a network to other hosts: ``peers`` are their addresses, ``macs`` (MAC address,
    peer) says behind which of them somebody is."""

    vni: int
    peers: tuple[str, ...]
    macs: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """``networks``, ``ports`` (bound ones only) and ``routers`` by id; ``groups``: the rules of
    each security group that a bound port has; ``address_groups``: prefixes of those that rules
    name; ``tunnels`` by network; ``peers``: all addresses that a tunnel may come from;
    ``endpoints``: of the other hosts, by their names."""

    networks: dict[str, NetworkState] = dataclasses.field(default_factory=dict)
    ports: dict[str, PortState] = dataclasses.field(default_factory=dict)
    groups: dict[str, tuple[RuleState, ...]] = dataclasses.field(default_factory=dict)
    address_groups: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    routers: dict[str, RouterState] = dataclasses.field(default_factory=dict)
    tunnels: dict[str, TunnelState] = dataclasses.field(default_factory=dict)
    peers: tuple[str, ...] = ()
    tunnel_address: str = ""
    tunnel_port: int = 4789
    endpoints: dict[str, str] = dataclasses.field(default_factory=dict)
