"""network_data.json: the guest's links, addresses and name servers."""

import ipaddress
import json
from collections.abc import Sequence
from typing import Any

from novalite.objects import VIF, FixedIP, Subnet

NAME = "network_data.json"


def render(network_info: Sequence[VIF]) -> bytes:
    return json.dumps(document(network_info)).encode()


def document(network_info: Sequence[VIF]) -> dict[str, Any]:
    links: list[dict[str, Any]] = []
    networks: list[dict[str, Any]] = []
    services: list[dict[str, str]] = []
    for vif in network_info:
        link = vif.devname or f"tap{vif.id[:11]}"
        links.append(
            {
                "id": link,
                "vif_id": vif.id,
                "type": "phy" if vif.vnic_type == "direct-physical" else vif.type,
                "mtu": vif.mtu,
                "ethernet_mac_address": vif.address,
            }
        )
        for subnet in vif.subnets:
            for address in subnet.ips:
                networks.append(_network(len(networks), link, vif, subnet, address))
            for service in _name_servers(subnet):
                if service not in services:
                    services.append(service)
    return {"links": links, "networks": networks, "services": services}


def _network(number: int, link: str, vif: VIF, subnet: Subnet, address: FixedIP) -> dict[str, Any]:
    family = f"ipv{subnet.version}"
    entry: dict[str, Any] = {
        "id": f"network{number}",
        "link": link,
        "network_id": vif.network_id,
        "type": f"{family}_dhcp" if subnet.dhcp else family,
    }
    if subnet.dhcp and subnet.version == 4:
        return entry  # DHCP tells the rest, and it may change
    network = ipaddress.ip_network(subnet.cidr, strict=False)
    entry["ip_address"] = address.address
    entry["netmask"] = str(network.netmask)
    if subnet.gateway:
        entry["gateway"] = subnet.gateway
    entry["routes"] = _routes(subnet)
    entry["services"] = _name_servers(subnet)
    return entry


def _routes(subnet: Subnet) -> list[dict[str, Any]]:
    routes: list[dict[str, Any]] = []
    if subnet.gateway:
        everywhere = "0.0.0.0" if subnet.version == 4 else "::"
        routes.append({"network": everywhere, "netmask": everywhere, "gateway": subnet.gateway})
    for route in subnet.routes:
        target = ipaddress.ip_network(route["destination"], strict=False)
        routes.append(
            {
                "network": str(target.network_address),
                "netmask": str(target.netmask),
                "gateway": route["nexthop"],
            }
        )
    return routes


def _name_servers(subnet: Subnet) -> list[dict[str, str]]:
    return [{"type": "dns", "address": address} for address in subnet.dns]
