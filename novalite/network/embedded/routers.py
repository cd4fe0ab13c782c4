"""Routers: their gateway to an external network, and extra routes. ``router_interfaces`` has
what joins them to the networks of projects."""

import ipaddress
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Contention
from novalite.exception import InvalidInput
from novalite.network.embedded import (
    addresses,
    network_rows,
    owners,
    port_checks,
    router_rows,
    rows,
    tables,
)
from novalite.network.embedded import subnet_bodies as bodies
from novalite.network.embedded import subnets as subnet_records
from novalite.network.embedded.core import check_zones
from novalite.network.embedded.dhcp_port import blank_port, insert_port
from novalite.network.embedded.errors import BadRequest, InUse, InvalidRoutes, Missing
from novalite.network.embedded.records import Records
from novalite.network.embedded.router_rows import LISTING, T, interfaces_of
from novalite.network.embedded.rows import Row

MOST_ROUTES = 30


class Routers(Records):
    noun = "router"
    listing = LISTING

    def missing(self, resource_id: str) -> Missing:
        return Missing("RouterNotFound", f"Router {resource_id} could not be found")

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        return router_rows.views(conn, found)

    # ---- the API ----

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises Forbidden, QuotaExceeded, InvalidInput, NetworkNotFound, IpAddressInUse."""
        row: Row = {
            "id": rows.new_id(),
            "project_id": self.core.owner_of(context, "create_router", body),
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "admin_state_up": rows.boolean_of(body.get("admin_state_up", True)),
            "enable_snat": True,
            "gateway_network_id": None,
            "gateway_port_id": None,
            "routes": [],
            "availability_zone_hints": check_zones(body.get("availability_zone_hints")),
            **rows.stamp(self.core.now()),
        }

        def write(conn: Connection) -> Row:
            self.quotas.check(conn, row["project_id"], "router")
            rows.insert(conn, T, row)
            if body.get("external_gateway_info"):
                wanted = body["external_gateway_info"]
                self._authorize_gateway(context, row, wanted, "create_router")
                gateway = self._gateway(conn, context, row, wanted)
                rows.update(conn, T, row["id"], gateway, row["updated_at"])
            return self._shown(conn, context, row["id"])

        answer = self.core.database.run(write)
        self._refresh(answer, row)
        return answer

    def update(
        self, context: RequestContext, router_id: str, body: Row, revision: int | None = None
    ) -> Row:
        """Raises as ``create``, and InUse for a gateway that floating addresses need."""

        def write(conn: Connection) -> tuple[Row, Row]:
            row = self.mine(conn, context, router_id, "update_router")
            rows.check_revision(row, revision)
            changes: Row = {
                name: body[name] or "" for name in ("name", "description") if name in body
            }
            if "admin_state_up" in body:
                changes["admin_state_up"] = rows.boolean_of(body["admin_state_up"])
            if "external_gateway_info" in body:
                gateway = body["external_gateway_info"] or {}
                self._authorize_gateway(context, row, gateway, "update_router")
                changes.update(self._gateway(conn, context, row, gateway))
            if "routes" in body:
                changes["routes"] = _routes(conn, {**row, **changes}, body["routes"] or [])
            return row, self._change(conn, context, row, changes)

        before, answer = self.core.database.run(write)
        self._refresh(answer, before)
        return answer

    def add_routes(self, context: RequestContext, router_id: str, routes: Sequence[Row]) -> Row:
        """Those that are there already stay as they are."""
        return self._edit_routes(
            context,
            router_id,
            "add_extraroutes",
            lambda held: held + [route for route in bodies_of(routes) if route not in held],
        )

    def remove_routes(self, context: RequestContext, router_id: str, routes: Sequence[Row]) -> Row:
        return self._edit_routes(
            context,
            router_id,
            "remove_extraroutes",
            lambda held: [route for route in held if route not in bodies_of(routes)],
        )

    def _edit_routes(self, context: RequestContext, router_id: str, rule: str, edited: Any) -> Row:
        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, router_id, rule)
            changes = {"routes": _routes(conn, row, edited(row["routes"]))}
            return self._change(conn, context, row, changes)

        answer = self.core.database.run(write)
        self._refresh(answer, answer)
        return answer

    def delete(self, context: RequestContext, router_id: str) -> None:
        """Raises InUse while it has interfaces."""

        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, router_id, "delete_router")
            if interfaces_of(conn, router_id):
                raise InUse("RouterInUse", f"Router {router_id} still has ports")
            self._drop_gateway(conn, row)
            rows.forget(conn, router_id)
            if not rows.delete(conn, T, T.c.id == router_id, T.c.revision == row["revision"]):
                raise Contention()
            return row

        before = self.core.database.run(write)
        self._refresh(before, before)

    # ---- within a transaction ----

    def _change(self, conn: Connection, context: RequestContext, row: Row, changes: Row) -> Row:
        """The revision is the lock: who adds an interface changes it too."""
        unchanged = T.c.revision == row["revision"]
        if not rows.update(conn, T, row["id"], changes, self.core.now(), unchanged):
            raise Contention()
        return self._shown(conn, context, row["id"])

    def _shown(self, conn: Connection, context: RequestContext, router_id: str) -> Row:
        return self.shown(conn, context, rows.get(conn, T, router_id) or {})

    def _authorize_gateway(self, context: RequestContext, row: Row, wanted: Row, rule: str) -> None:
        """``rule``: create_router or update_router. Raises Disallowed."""
        name = "external_gateway_info"
        self.core.authorize_attributes(context, rule, row, {name: wanted}, [name])
        guarded = ["network_id", "external_fixed_ips"]
        snat = wanted.get("enable_snat", row["enable_snat"])
        if rows.boolean_of(snat) != row["enable_snat"]:
            guarded.append("enable_snat")
        self.core.authorize_attributes(context, f"{rule}:{name}", row, wanted, guarded)

    def _gateway(self, conn: Connection, context: RequestContext, row: Row, wanted: Row) -> Row:
        """The columns of a router whose gateway is made what is wanted; {}: none."""
        network_id = wanted.get("network_id")
        if wanted and not network_id:
            if set(wanted) == {"enable_snat"} and not row["gateway_network_id"]:
                return {"enable_snat": rows.boolean_of(wanted["enable_snat"])}
            raise BadRequest(
                resource="router", reason="network_id of external_gateway_info is required"
            )
        snat = rows.boolean_of(wanted.get("enable_snat", True)) if wanted else True
        if not network_id:
            self._drop_gateway(conn, row)
            return {"gateway_network_id": None, "gateway_port_id": None, "enable_snat": snat}
        fixed = wanted.get("external_fixed_ips")
        if network_id == row["gateway_network_id"] and row["gateway_port_id"]:
            if fixed and not self._has(conn, row, fixed):
                self._drop_gateway(conn, row)
            else:
                return {"enable_snat": snat}
        elif row["gateway_port_id"]:
            self._drop_gateway(conn, row)
        network = network_rows.get(conn, self.core, context, network_id)
        if not network_rows.is_external(conn, context, network):
            raise BadRequest(
                resource="router", reason=f"Network {network_id} is not an external network"
            )
        port_id = self._gateway_port(conn, row, network, fixed)
        return {"gateway_network_id": network_id, "gateway_port_id": port_id, "enable_snat": snat}

    @staticmethod
    def _has(conn: Connection, row: Row, wanted: Sequence[Row]) -> bool:
        """Whether the gateway has these addresses already."""
        held = router_rows.views(conn, [row])[0]["external_gateway_info"]["external_fixed_ips"]
        return len(held) == len(wanted) and all(
            any(
                item.get("subnet_id") in (None, have["subnet_id"])
                and item.get("ip_address") in (None, have["ip_address"])
                for have in held
            )
            for item in wanted
        )

    def _gateway_port(
        self, conn: Connection, row: Row, network: Row, fixed: Sequence[Row] | None
    ) -> str:
        here = subnet_records.of_network(conn, network["id"])
        inside = router_rows.subnets_of(conn, interfaces_of(conn, row["id"])).values()
        for outer in here:
            for inner in inside:
                check_apart(outer, inner)
        port: Row = {
            **blank_port(network["id"], ""),
            "device_id": row["id"],
            "device_owner": owners.GATEWAY,
            "port_security_enabled": False,
            **rows.stamp(self.core.now()),
        }
        insert_port(conn, port, None)
        if fixed:
            port_checks.check_hosts_own(network, here, fixed)
            self.core.takers.take_wanted(conn, network["id"], here, fixed, port)
        elif not self.core.takers.take_default(conn, network["id"], here, port):
            raise BadRequest(
                resource="router",
                reason=f"No IPs available for external network {network['id']}",
            )
        return str(port["id"])

    @staticmethod
    def _drop_gateway(conn: Connection, row: Row) -> None:
        """Raises InUse while floating addresses of that network lead through the router."""
        if not row["gateway_port_id"]:
            return
        floating = tables.floating_ips
        if rows.count(
            conn,
            floating,
            floating.c.router_id == row["id"],
            floating.c.fixed_port_id.is_not(None),
        ):
            raise InUse(
                "RouterExternalGatewayInUseByFloatingIp",
                f"Gateway cannot be updated for router {row['id']}, since a gateway to external "
                f"network {row['gateway_network_id']} is required by one or more floating IPs.",
            )
        port = rows.get(conn, tables.ports, row["gateway_port_id"])
        if port is not None:
            port_checks.remove(conn, port)

    def _refresh(self, after: Row, before: Row) -> None:
        """The data plane's state of the external networks that are concerned, or of all."""
        info = after.get("external_gateway_info") or {}
        concerned = {info.get("network_id"), before.get("gateway_network_id")} - {None}
        for network_id in concerned or {None}:
            self.core.plane.refresh(network_id)


def check_apart(one: Row, other: Row) -> None:
    """Raises BadRequest for subnets with common addresses: no router could tell them apart."""
    if ipaddress.ip_network(one["cidr"]).overlaps(ipaddress.ip_network(other["cidr"])):
        raise BadRequest(
            resource="router",
            reason=f"Cidr {one['cidr']} of subnet {one['id']} overlaps with cidr {other['cidr']} "
            f"of subnet {other['id']}",
        )


def bodies_of(routes: Sequence[Row]) -> list[Row]:
    """Routes in their normal form. Raises InvalidInput."""
    found: list[Row] = []
    for route in routes:
        version = addresses.parse(route["nexthop"]).version
        found += bodies.routes_of(version, [route])
    return found


def _routes(conn: Connection, row: Row, given: Sequence[Row]) -> list[Row]:
    """Raises InvalidRoutes for a hop that the router does not reach itself."""
    routes: list[Row] = []
    for route in bodies_of(given):
        if route in routes:
            raise InvalidInput(reason=f"Duplicate route: {route}")
        routes.append(route)
    if len(routes) > MOST_ROUTES:
        raise BadRequest(
            resource="router",
            reason=f"Unable to complete operation for {row['id']}. The number of routes exceeds "
            f"the maximum {MOST_ROUTES}",
        )
    if not routes:
        return routes
    own, ranges = reach_of(conn, row)
    for route in routes:
        hop = ipaddress.ip_address(route["nexthop"])
        if not any(hop in each for each in ranges):
            raise InvalidRoutes(
                routes=list(given), reason="the nexthop is not connected with router"
            )
        if route["nexthop"] in own:
            raise InvalidRoutes(routes=list(given), reason="the nexthop is used by router")
    return routes


def reach_of(conn: Connection, row: Row) -> tuple[set[str], list[bodies.Range]]:
    """(a router's own addresses, the ranges that it is connected to)."""
    mine = tables.ports
    found = interfaces_of(conn, row["id"])
    if row["gateway_port_id"]:
        found += router_rows.with_addresses(
            conn, rows.select(conn, mine, mine.c.id == row["gateway_port_id"])
        )
    own = {item["ip_address"] for port in found for item in port["fixed_ips"]}
    near = router_rows.subnets_of(conn, found).values()
    return own, [ipaddress.ip_network(subnet["cidr"]) for subnet in near]
