"""A server's view of its network: what the info cache holds and what a driver plugs."""

import dataclasses
from typing import Any

from novalite.objects.base import record


@record
class FixedIP:
    address: str
    version: int = 4
    floating_ips: list[str] = dataclasses.field(default_factory=list)


@record
class Subnet:
    """``routes`` are ``{"destination", "nexthop"}``; ``dhcp`` tells whether DHCP serves it."""

    id: str
    cidr: str
    version: int = 4
    gateway: str | None = None
    dns: list[str] = dataclasses.field(default_factory=list)
    routes: list[dict[str, str]] = dataclasses.field(default_factory=list)
    dhcp: bool = True
    ips: list[FixedIP] = dataclasses.field(default_factory=list)


@record
class VIF:
    """One network interface of a server; ``id`` is the port's id.

    ``type`` names how the driver plugs it: ``bridge`` (tap ``devname`` on ``bridge``),
    ``ovs``, or ``unbound`` before the port is bound to a host. ``label`` is the network's name.
    """

    id: str
    address: str
    network_id: str
    label: str
    subnets: list[Subnet] = dataclasses.field(default_factory=list)
    type: str = "unbound"
    bridge: str | None = None
    devname: str | None = None
    mtu: int = 1500
    tag: str | None = None
    vnic_type: str = "normal"
    active: bool = False
    created_by_us: bool = True
    details: dict[str, Any] = dataclasses.field(default_factory=dict)

    def fixed_ips(self) -> list[FixedIP]:
        return [ip for subnet in self.subnets for ip in subnet.ips]


@record
class RequestedNetwork:
    """One entry of the request's ``networks``. All None with ``auto`` handled by ``mode``.

    ``mode``: ``network`` (allocate a port on ``network_id``; network_id None means "pick the
    project's only network"), ``port`` (use ``port_id``), ``auto`` or ``none``.
    """

    mode: str = "network"
    network_id: str | None = None
    port_id: str | None = None
    address: str | None = None
    tag: str | None = None
