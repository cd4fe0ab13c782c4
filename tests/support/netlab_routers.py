"""Routers and floating addresses for a Lab, and the world outside."""

import ipaddress
from typing import Any

from novalite.context import admin_context
from novalite.network.embedded.service import NetworkService
from tests.support.netlab import PROJECT, Guest, Lab, member, run


class Routing:
    """As users and administrators ask for them; every answer means that it is in force."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.outside = lab.claims.octets("198.18.{}")

    @property
    def service(self) -> NetworkService:
        return self.lab.service

    def subnets(self, network: str) -> list[dict[str, Any]]:
        return self.service.list_subnets(admin_context(), network_id=network)

    def external(self, cidr: str | None = None) -> str:
        """An external network; this host has its first address."""
        cidr = cidr or f"{self.outside}.0/24"
        network = self.service.networks.create(
            admin_context(), {"name": "public", "router:external": True, "project_id": PROJECT}
        )
        version = 6 if ":" in cidr else 4
        body = {"network_id": network["id"], "cidr": cidr, "enable_dhcp": False}
        self.service.subnets.create(admin_context(), {**body, "ip_version": version})
        return str(network["id"])

    def router(self) -> str:
        return str(self.service.routers.create(member(), {"name": "r"})["id"])

    def interface(self, router: str, network: str) -> None:
        """With the gateway's address of each subnet."""
        for subnet in self.subnets(network):
            body = {"subnet_id": subnet["id"]}
            self.service.router_interfaces.add(member(), router, body)

    def gateway(self, router: str, external: str) -> str:
        """Its address."""
        shown = self.change(router, external_gateway_info={"network_id": external})
        return str(shown["external_gateway_info"]["external_fixed_ips"][0]["ip_address"])

    def snat(self, router: str, external: str, enabled: bool) -> None:
        self.change(router, external_gateway_info={"network_id": external, "enable_snat": enabled})

    def floating(self, external: str, guest: Guest) -> str:
        body = {"floating_network_id": external, "port_id": guest.port["id"]}
        made = self.service.floating_ips.create(member(), body)
        return str(made["floating_ip_address"])

    def drop_floating(self, address: str) -> None:
        found = self.service.list_floating_ips(admin_context(), floating_ip_address=address)
        self.service.floating_ips.delete(admin_context(), found[0]["id"])

    def change(self, router: str, **values: Any) -> dict[str, Any]:
        return self.service.routers.update(admin_context(), router, values)

    def delete(self, router: str) -> None:
        """With all that holds it."""
        context = admin_context()
        for found in self.service.list_floating_ips(context, router_id=router):
            self.service.floating_ips.delete(context, found["id"])
        owner = "network:router_interface"
        for port in self.service.list_ports(context, device_id=router, device_owner=owner):
            self.service.router_interfaces.remove(context, router, {"port_id": port["id"]})
        self.service.routers.delete(context, router)


class World:
    """A namespace that stands for all that is beyond this host, and knows no way back to the
    guests' own addresses."""

    def __init__(self, lab: Lab) -> None:
        self.namespace, self._cable = f"{lab.prefix}world", f"{lab.prefix}w"
        net = ipaddress.ip_network(f"{lab.claims.octets('100.64.{}')}.0/30")
        self.host, self.address = str(net[1]), str(net[2])
        run("ip", "netns", "add", self.namespace)
        run("ip", "link", "add", self._cable, "type", "veth", "peer", "name", "eth0",
            "netns", self.namespace)  # fmt: skip
        run("ip", "addr", "add", f"{self.host}/30", "dev", self._cable)
        run("ip", "link", "set", self._cable, "up")
        run("ip", "-n", self.namespace, "addr", "add", f"{self.address}/30", "dev", "eth0")
        run("ip", "-n", self.namespace, "link", "set", "eth0", "up")

    def close(self) -> None:
        run("ip", "link", "del", self._cable, check=False)
        run("ip", "netns", "del", self.namespace, check=False)
