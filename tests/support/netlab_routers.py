"""Routers and floating addresses for a Lab: their records, and the world outside."""

import ipaddress
import random
from typing import Any

from novalite.context import admin_context
from novalite.network.embedded import rows, tables
from tests.support.netlab import PROJECT, Guest, Lab, run


class Routing:
    """What the API would write, and then the plane's round."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.outside = f"198.18.{random.randint(0, 254)}"
        self._last = 9

    # ---- records ----

    def insert(self, table: Any, **values: Any) -> str:
        row = {
            "id": rows.new_id(),
            "project_id": PROJECT,
            "description": "",
            **rows.stamp(self.lab.service.core.now()),
            **values,
        }
        with self.lab.database.write() as conn:
            rows.insert(conn, table, row)
        return str(row["id"])

    def port(self, network: str, owner: str, device: str, addresses: dict[str, str]) -> str:
        mac = "fa:16:3e:" + ":".join(f"{random.getrandbits(8):02x}" for _ in range(3))
        port = self.insert(
            tables.ports, name="", network_id=network, mac_address=mac, device_id=device,
            device_owner=owner, binding_profile={}, allowed_address_pairs=[],
            port_security_enabled=False,
        )  # fmt: skip
        with self.lab.database.write() as conn:
            for position, (subnet, address) in enumerate(addresses.items()):
                rows.delete(conn, tables.addresses, tables.addresses.c.address == address,
                            tables.addresses.c.network_id == network)  # fmt: skip
                values = {"subnet_id": subnet, "address": address, "network_id": network,
                          "port_id": port, "position": position}  # fmt: skip
                rows.insert(conn, tables.addresses, values)
        return port

    def subnets(self, network: str) -> list[dict[str, Any]]:
        return self.lab.service.list_subnets(admin_context(), network_id=network)

    # ---- what tests ask for ----

    def external(self) -> str:
        """An external network; this host has its first address."""
        network = self.lab.service.networks.create(
            admin_context(), {"name": "public", "router:external": True, "project_id": PROJECT}
        )
        body = {"network_id": network["id"], "cidr": f"{self.outside}.0/24", "enable_dhcp": False}
        self.lab.service.subnets.create(admin_context(), body)
        return str(network["id"])

    def router(self, **values: Any) -> str:
        values = {"name": "r", "routes": [], "availability_zone_hints": [], **values}
        return self.insert(tables.routers, **values)

    def interface(self, router: str, network: str) -> str:
        """With the gateway's address of each subnet."""
        addresses = {each["id"]: each["gateway_ip"] for each in self.subnets(network)}
        port = self.port(network, "network:router_interface", router, addresses)
        self.refresh()
        return port

    def gateway(self, router: str, external: str) -> str:
        """Its address."""
        address = self._outer_address()
        (subnet,) = self.subnets(external)
        self.port(external, "network:router_gateway", router, {subnet["id"]: address})
        self.refresh()
        return address

    def _outer_address(self) -> str:
        self._last += 1
        return f"{self.outside}.{self._last}"

    def floating(self, router: str, external: str, guest: Guest) -> str:
        address = self._outer_address()
        (subnet,) = self.subnets(external)
        port = self.port(external, "network:floatingip", "", {subnet["id"]: address})
        self.insert(
            tables.floating_ips, floating_network_id=external, floating_ip_address=address,
            floating_port_id=port, fixed_port_id=guest.port["id"],
            fixed_ip_address=guest.address, router_id=router, status="ACTIVE",
        )  # fmt: skip
        self.refresh()
        return address

    def drop_floating(self, address: str) -> None:
        table = tables.floating_ips
        with self.lab.database.write() as conn:
            rows.delete(conn, table, table.c.floating_ip_address == address)
        self.refresh()

    def change(self, router: str, **values: Any) -> None:
        with self.lab.database.write() as conn:
            rows.update(conn, tables.routers, router, values, self.lab.service.core.now())
        self.refresh()

    def delete(self, router: str) -> None:
        with self.lab.database.write() as conn:
            table = tables.floating_ips
            rows.delete(conn, table, table.c.router_id == router)
            ports = rows.select(conn, tables.ports, tables.ports.c.device_id == router)
            for row in ports:
                rows.delete(conn, tables.addresses, tables.addresses.c.port_id == row["id"])
                rows.delete(conn, tables.ports, tables.ports.c.id == row["id"])
            rows.delete(conn, tables.routers, tables.routers.c.id == router)
        self.refresh()

    def refresh(self) -> None:
        self.lab.service.plane.refresh()


class World:
    """A namespace that stands for all that is beyond this host, and knows no way back to the
    guests' own addresses."""

    def __init__(self, lab: Lab) -> None:
        self.namespace, self._cable = f"{lab.prefix}world", f"{lab.prefix}w"
        net = ipaddress.ip_network(
            f"100.64.{random.randint(0, 254)}.{4 * random.randint(0, 63)}/30"
        )
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
