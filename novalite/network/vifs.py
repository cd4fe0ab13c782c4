"""From ports, networks and subnets (as the network API shows them) to VIF records."""

from collections.abc import Iterable, Mapping
from typing import Any

from novalite.objects import VIF, FixedIP, Subnet

Resource = dict[str, Any]

DEVICE_NAME_LENGTH = 14


def device_name(port_id: str) -> str:
    """The tap device of a port; everyone who plugs or filters it derives the same name."""
    return f"tap{port_id}"[:DEVICE_NAME_LENGTH]


def vif_of(
    port: Resource,
    network: Resource,
    subnets: Mapping[str, Resource],
    floating_ips: Mapping[str, list[str]] | None = None,
    *,
    tag: str | None = None,
    created_by_us: bool = True,
) -> VIF:
    """``subnets`` by id; ``floating_ips``: fixed address -> floating addresses of this port."""
    details = port.get("binding:vif_details") or {}
    return VIF(
        id=port["id"],
        address=port["mac_address"],
        network_id=port["network_id"],
        label=network.get("name") or "",
        subnets=_subnets_of(port, subnets, floating_ips or {}),
        type=port.get("binding:vif_type") or "unbound",
        bridge=details.get("bridge_name"),
        devname=device_name(port["id"]),
        mtu=int(network.get("mtu") or 1500),
        tag=tag,
        vnic_type=port.get("binding:vnic_type") or "normal",
        active=port.get("status") == "ACTIVE",
        created_by_us=created_by_us,
        details=dict(details),
    )


def _subnets_of(
    port: Resource, subnets: Mapping[str, Resource], floating_ips: Mapping[str, list[str]]
) -> list[Subnet]:
    found: dict[str, Subnet] = {}
    for fixed in port.get("fixed_ips") or ():
        source = subnets.get(fixed["subnet_id"])
        if source is None:  # deleted between two calls: the address is still the port's
            continue
        version = int(source["ip_version"])
        subnet = found.get(source["id"])
        if subnet is None:
            subnet = found[source["id"]] = Subnet(
                id=source["id"],
                cidr=source["cidr"],
                version=version,
                gateway=source.get("gateway_ip"),
                dns=list(source.get("dns_nameservers") or ()),
                routes=[
                    {"destination": route["destination"], "nexthop": route["nexthop"]}
                    for route in source.get("host_routes") or ()
                ],
                dhcp=bool(source.get("enable_dhcp")),
            )
        address = fixed["ip_address"]
        subnet.ips.append(FixedIP(address, version, list(floating_ips.get(address, ()))))
    return list(found.values())


def floating_by_port(floating_ips: Iterable[Resource]) -> dict[str, dict[str, list[str]]]:
    """port id -> fixed address -> floating addresses."""
    found: dict[str, dict[str, list[str]]] = {}
    for item in floating_ips:
        by_fixed = found.setdefault(item["port_id"], {})
        by_fixed.setdefault(item["fixed_ip_address"], []).append(item["floating_ip_address"])
    return found
