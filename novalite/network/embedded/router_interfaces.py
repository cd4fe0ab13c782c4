"""What joins routers to the networks of projects: interfaces, by subnet or by port."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Contention
from novalite.network.embedded import (
    floating_rows,
    network_rows,
    owners,
    port_checks,
    router_rows,
    rows,
    subnets,
    tables,
)
from novalite.network.embedded.core import Core
from novalite.network.embedded.dhcp_port import blank_port, insert_port
from novalite.network.embedded.errors import BadRequest, InUse, Missing, PortInUse
from novalite.network.embedded.routers import Routers, check_apart
from novalite.network.embedded.rows import Row


class RouterInterfaces:
    def __init__(self, core: Core, routers: Routers, subnet_records: subnets.Subnets) -> None:
        self.core = core
        self.routers = routers
        self.subnets = subnet_records

    # ---- add ----

    def add(self, context: RequestContext, router_id: str, body: Mapping[str, Any]) -> Row:
        """``subnet_id``: the router gets the subnet's gateway address; ``port_id``: it takes
        over a port that nobody uses.

        Raises Missing, SubnetNotFound, PortNotFound, BadRequest, PortInUse, IpAddressInUse.
        """
        _check_one(body)

        def write(conn: Connection) -> Row:
            router = self.routers.mine(conn, context, router_id, "add_router_interface")
            if body.get("port_id"):
                port, near = self._by_port(conn, context, router, body["port_id"])
            else:
                port, near = self._by_subnet(conn, context, router, body["subnet_id"])
            self._touch(conn, router)
            return _answer(router, port, near)

        answer = self.core.database.run(write)
        self.core.plane.refresh(answer["network_id"])
        return answer

    def _touch(self, conn: Connection, router: Row) -> None:
        """Two changes of one router at a time would not see each other's subnets."""
        table = tables.routers
        unchanged = table.c.revision == router["revision"]
        if not rows.update(conn, table, router["id"], {}, self.core.now(), unchanged):
            raise Contention()

    def _by_subnet(
        self, conn: Connection, context: RequestContext, router: Row, subnet_id: str
    ) -> tuple[Row, list[Row]]:
        subnet = self.subnets.get(conn, context, subnet_id)
        if not subnet["gateway_ip"]:
            raise _bad("Subnet for router interface must have a gateway IP")
        if subnet["ipv6_address_mode"] and not subnet["ipv6_ra_mode"]:
            raise _bad(
                f"IPv6 subnet {subnet_id} configured to receive RAs from an external router "
                "cannot be added to Neutron Router"
            )
        network = network_rows.get(conn, self.core, context, subnet["network_id"])
        here = [subnet]
        wanted = [{"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}]
        port_checks.check_hosts_own(network, here, wanted)
        have = self._check_new(conn, router, here)
        port = self._port_to_extend(have, subnet)
        if port is None:
            port = {
                **blank_port(network["id"], router["project_id"]),
                "device_id": router["id"],
                "device_owner": owners.INTERFACE,
                "port_security_enabled": False,
                **rows.stamp(self.core.now()),
            }
            insert_port(conn, port, None)
        held = len(port.get("fixed_ips", ()))
        self.core.takers.take_wanted(conn, network["id"], here, wanted, port, first=held)
        return port, here

    @staticmethod
    def _port_to_extend(have: Sequence[Row], subnet: Row) -> Row | None:
        """All IPv6 subnets of one network share one interface of a router."""
        if subnet["ip_version"] != 6:
            return None
        for port in have:
            if port["network_id"] == subnet["network_id"] and any(
                ":" in item["ip_address"] for item in port["fixed_ips"]
            ):
                return port
        return None

    def _by_port(
        self, conn: Connection, context: RequestContext, router: Row, port_id: str
    ) -> tuple[Row, list[Row]]:
        port, _ = port_checks.mine(conn, self.core, context, port_id, "update_port")
        if port["device_id"]:
            raise PortInUse(
                port_id=port_id, network_id=port["network_id"], device_id=port["device_id"]
            )
        (port,) = router_rows.with_addresses(conn, [port])
        near = list(router_rows.subnets_of(conn, [port]).values())
        if not near:
            raise _bad("Router port must have at least one fixed IP")
        if sum(subnet["ip_version"] == 4 for subnet in near) > 1:
            raise _bad("Cannot have multiple IPv4 subnets on router port")
        self._check_new(conn, router, near)
        changes = {
            "device_id": router["id"],
            "device_owner": owners.INTERFACE,
            # routers send what is not from their own address, and groups are for guests
            "port_security_enabled": False,
            "allowed_address_pairs": [],
        }
        groups = tables.port_security_groups
        rows.delete(conn, groups, groups.c.port_id == port_id)
        unchanged = tables.ports.c.revision == port["revision"]
        if not rows.update(conn, tables.ports, port_id, changes, self.core.now(), unchanged):
            raise Contention()
        return port, near

    @staticmethod
    def _check_new(conn: Connection, router: Row, wanted: Sequence[Row]) -> list[Row]:
        """The interfaces that the router has, none of which overlaps with ``wanted``."""
        have = router_rows.interfaces_of(conn, router["id"])
        known = router_rows.subnets_of(conn, have)
        if router["gateway_network_id"]:
            for subnet in subnets.of_network(conn, router["gateway_network_id"]):
                known.setdefault(subnet["id"], subnet)
        for subnet in wanted:
            if subnet["id"] in known:
                raise _bad(f"Router already has a port on subnet {subnet['id']}")
            for other in known.values():
                check_apart(subnet, other)
        return have

    # ---- remove ----

    def remove(self, context: RequestContext, router_id: str, body: Mapping[str, Any]) -> Row:
        """Raises Missing, and InUse while a floating address or a route needs it."""
        if not body.get("port_id") and not body.get("subnet_id"):
            raise _bad("Either subnet_id or port_id must be specified")

        def write(conn: Connection) -> Row:
            router = self.routers.mine(conn, context, router_id, "remove_router_interface")
            port, leaving = self._found(conn, router, body)
            self._check_unneeded(conn, router, leaving)
            if len(leaving) == len(router_rows.subnets_of(conn, [port])):
                port_checks.remove(conn, port)
            else:
                taken = tables.addresses
                for subnet in leaving:
                    rows.delete(
                        conn,
                        taken,
                        taken.c.port_id == port["id"],
                        taken.c.subnet_id == subnet["id"],
                    )
            self._touch(conn, router)
            return _answer(router, port, leaving)

        answer = self.core.database.run(write)
        self.core.plane.refresh(answer["network_id"])
        return answer

    @staticmethod
    def _found(conn: Connection, router: Row, body: Mapping[str, Any]) -> tuple[Row, list[Row]]:
        """(the interface, the subnets that it leaves)."""
        port_id, subnet_id = body.get("port_id"), body.get("subnet_id")
        for port in router_rows.interfaces_of(conn, router["id"]):
            near = router_rows.subnets_of(conn, [port])
            if port_id and port["id"] == port_id:
                if subnet_id and subnet_id not in near:
                    raise InUse(
                        "SubnetMismatchForPort",
                        f"Subnet on port {port_id} does not match the requested subnet "
                        f"{subnet_id}.",
                    )
                return port, list(near.values())
            if not port_id and subnet_id in near:
                return port, [near[subnet_id]]
        if port_id:
            raise Missing(
                "RouterInterfaceNotFound",
                f"Router {router['id']} does not have an interface with id {port_id}",
            )
        raise Missing(
            "RouterInterfaceNotFoundForSubnet",
            f"Router {router['id']} has no interface on subnet {subnet_id}",
        )

    @staticmethod
    def _check_unneeded(conn: Connection, router: Row, leaving: Sequence[Row]) -> None:
        ranges = [ipaddress.ip_network(subnet["cidr"]) for subnet in leaving]

        def inside(address: str | None) -> bool:
            return address is not None and any(
                ipaddress.ip_address(address) in each for each in ranges
            )

        floating = floating_rows.T
        leads = rows.select(
            conn,
            floating,
            floating.c.router_id == router["id"],
            floating.c.fixed_port_id.is_not(None),
        )
        needed = None
        if any(inside(row["fixed_ip_address"]) for row in leads):
            needed = ("RouterInterfaceInUseByFloatingIP", "floating IPs")
        elif any(inside(route["nexthop"]) for route in router["routes"]):
            needed = ("RouterInterfaceInUseByRoute", "routes")
        if needed:
            raise InUse(
                needed[0],
                f"Router interface for subnet {leaving[0]['id']} on router {router['id']} cannot "
                f"be deleted, as it is required by one or more {needed[1]}.",
            )


def _check_one(body: Mapping[str, Any]) -> None:
    if body.get("port_id") and body.get("subnet_id"):
        raise _bad("Cannot specify both subnet-id and port-id")
    if not body.get("port_id") and not body.get("subnet_id"):
        raise _bad("Either subnet_id or port_id must be specified")


def _bad(reason: str) -> BadRequest:
    return BadRequest(resource="router", reason=reason)


def _answer(router: Row, port: Row, near: Sequence[Row]) -> Row:
    return {
        "id": router["id"],
        "project_id": router["project_id"],
        "tenant_id": router["project_id"],
        "port_id": port["id"],
        "network_id": port["network_id"],
        "subnet_id": near[0]["id"],
        "subnet_ids": [subnet["id"] for subnet in near],
        "tags": [],
    }
