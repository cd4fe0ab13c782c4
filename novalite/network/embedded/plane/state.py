"""What the data plane is to bring about, as plain values: read from the database in one go."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class SubnetState:
    """``gateway`` and ``dns`` as text; ``routes`` are (destination, next hop)."""

    id: str
    cidr: str
    version: int
    gateway: str | None
    dhcp: bool
    dns: tuple[str, ...] = ()
    routes: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class NetworkState:
    """``dhcp_mac`` and ``dhcp_addresses`` (subnet id, address) are those of the DHCP port, None
    and empty where no subnet has DHCP. ``zone``: conntrack zone."""

    id: str
    mtu: int
    zone: int
    host_access: bool
    subnets: tuple[SubnetState, ...] = ()
    dhcp_mac: str | None = None
    dhcp_addresses: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class PortState:
    """A port that is bound to a host. ``pairs``: further (mac, prefix) that it may use.
    ``secured``: port security; ``up``: nothing passes a port that is administratively down."""

    id: str
    network_id: str
    mac: str
    addresses: tuple[str, ...] = ()
    hostname: str = ""
    secured: bool = True
    up: bool = True
    pairs: tuple[tuple[str, str], ...] = ()
    groups: frozenset[str] = frozenset()


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


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """``networks`` and ``ports`` (bound ones only) by id; ``groups``: the rules of each security
    group that a bound port has."""

    networks: dict[str, NetworkState] = dataclasses.field(default_factory=dict)
    ports: dict[str, PortState] = dataclasses.field(default_factory=dict)
    groups: dict[str, tuple[RuleState, ...]] = dataclasses.field(default_factory=dict)
