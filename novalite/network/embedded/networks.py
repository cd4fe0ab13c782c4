"""Networks."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import DuplicateKey
from novalite.exception import Conflict, InvalidInput, NetworkNotFound
from novalite.network.embedded import dns, network_rows, owners, rows, tables
from novalite.network.embedded.core import check_zones, telling
from novalite.network.embedded.errors import InUse, NetworkInUse, TunnelIdInUse
from novalite.network.embedded.network_rows import LISTING, PROVIDER, TYPE, T
from novalite.network.embedded.records import Records
from novalite.network.embedded.rows import Condition, Row

HOST_ZONE = 0
LAST_ZONE = 65535
LAST_SEGMENT = (1 << 24) - 1
MIN_MTU, MAX_MTU = 68, 65535
USUAL_MTU, TUNNEL_OVERHEAD = 1500, 50
GUARDED = ("shared", "router:external", "is_default", *PROVIDER)
"""Attributes that have rules of their own."""


class Networks(Records):
    noun = "network"
    listing = LISTING

    def missing(self, resource_id: str) -> NetworkNotFound:
        return NetworkNotFound(network_id=resource_id)

    def visible(self, context: RequestContext) -> list[Condition]:
        return network_rows.visible(self.core, context)

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        return network_rows.views(conn, self.core, context, found)

    def create(self, context: RequestContext, body: Row, *, host_access: bool = False) -> Row:
        """``host_access`` is no attribute of the API: see ``bootstrap``.

        Raises Forbidden, QuotaExceeded, InvalidInput.
        """
        project_id = self.core.owner_of(context, "create_network", body)
        target = {"project_id": project_id}
        self.core.authorize_attributes(context, "create_network", target, telling(body), GUARDED)
        now = self.core.now()
        segment = _segment(body)
        row: Row = {
            "id": rows.new_id(),
            "project_id": project_id,
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "admin_state_up": rows.boolean_of(body.get("admin_state_up", True)),
            "shared": rows.boolean_of(body.get("shared", False)),
            "external": rows.boolean_of(body.get("router:external", False)),
            "port_security_enabled": rows.boolean_of(body.get("port_security_enabled", True)),
            "is_default": rows.boolean_of(body.get("is_default") or False),
            "mtu": self._mtu(body.get("mtu")),
            "dns_domain": dns.domain(body.get("dns_domain")),
            "availability_zone_hints": check_zones(body.get("availability_zone_hints")),
            "dhcp_scheduled": True,
            "host_access": host_access,
            **rows.stamp(now),
        }

        def write(conn: Connection) -> None:
            self.quotas.check(conn, row["project_id"], "network")
            if row["is_default"]:
                _demote(conn, row)
            row["zone"] = HOST_ZONE if host_access else _free(conn, T.c.zone, LAST_ZONE)
            row["segmentation_id"] = segment or _free(conn, T.c.segmentation_id, LAST_SEGMENT)
            if segment and rows.count(conn, T, T.c.segmentation_id == segment):
                raise TunnelIdInUse(tunnel_id=segment)
            rows.insert(conn, T, row)

        for attempt in range(5):
            try:
                self.core.database.run(write)
                break
            except DuplicateKey:  # another process took the numbers between our two statements
                if host_access or attempt == 4:
                    raise Conflict("The network could not be created.") from None
        return self.show(context, row["id"])

    def _mtu(self, value: Any) -> int:
        """What fits through tunnels as well, where there are some. Raises InvalidInput."""
        usual = USUAL_MTU - (TUNNEL_OVERHEAD if self.core.conf.embedded.tunnel_address else 0)
        mtu = usual if value in (None, 0) else int(value)
        if not MIN_MTU <= mtu <= MAX_MTU:
            raise InvalidInput(reason=f"MTU {mtu} is out of range.")
        return mtu

    def update(self, context: RequestContext, network_id: str, body: Row) -> Row:
        changes: Row = {}
        for name in ("name", "description"):
            if name in body:
                changes[name] = body[name] or ""
        for name in ("admin_state_up", "shared", "port_security_enabled", "is_default"):
            if name in body:
                changes[name] = rows.boolean_of(body[name] or False)
        if "dns_domain" in body:
            changes["dns_domain"] = dns.domain(body["dns_domain"])
        if "router:external" in body:
            changes["external"] = rows.boolean_of(body["router:external"])
        if "mtu" in body:
            changes["mtu"] = self._mtu(body["mtu"])

        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, network_id, "update_network")
            self.core.authorize_attributes(context, "update_network", row, body, GUARDED)
            if any(name in body for name in PROVIDER):
                raise InvalidInput(reason="Plugin does not support updating provider attributes")
            if row["shared"] and changes.get("shared") is False:
                _check_unshared(conn, row)
            if row["external"] and changes.get("external") is False:
                _check_not_external(conn, row)
            if changes.get("is_default"):
                _demote(conn, row)
            rows.update(conn, T, network_id, changes, self.core.now())
            return self.shown(conn, context, self.get(conn, context, network_id))

        answer = self.core.database.run(write)
        self.core.plane.refresh(network_id)
        return answer

    def delete(self, context: RequestContext, network_id: str) -> None:
        """With its subnets and with floating addresses that lead nowhere. Raises NetworkInUse
        while another port than DHCP's is there."""

        def write(conn: Connection) -> None:
            self.mine(conn, context, network_id, "delete_network")
            ports, floating = tables.ports, tables.floating_ips
            here = ports.c.network_id == network_id
            idle = sa.select(floating.c.floating_port_id).where(
                floating.c.floating_network_id == network_id, floating.c.fixed_port_id.is_(None)
            )
            own = sa.or_(ports.c.device_owner == owners.DHCP, ports.c.id.in_(idle))
            if rows.count(conn, ports, here, sa.not_(own)):
                raise NetworkInUse(network_id=network_id)
            taken, subnets = tables.addresses, tables.subnets
            for table, condition in (
                (floating, floating.c.floating_network_id == network_id),
                (taken, taken.c.network_id == network_id),
                (ports, here),
                (subnets, subnets.c.network_id == network_id),
            ):
                if table is not taken:
                    rows.forget(conn, *conn.scalars(sa.select(table.c.id).where(condition)).all())
                rows.delete(conn, table, condition)
            rows.forget(conn, network_id)
            rows.delete(conn, T, T.c.id == network_id)

        self.core.database.run(write)
        self.core.plane.refresh(network_id)


def _segment(body: Row) -> int | None:
    """The VXLAN identifier that an administrator asks for. Raises InvalidInput."""
    kind = body.get("provider:network_type")
    physical = body.get("provider:physical_network")
    segment = body.get("provider:segmentation_id")
    if kind not in (None, "", TYPE):
        raise InvalidInput(reason=f"provider:network_type {kind} not supported")
    if physical:
        raise InvalidInput(reason=f"provider:physical_network specified for {TYPE} network")
    if segment in (None, ""):
        return None
    if not kind:
        raise InvalidInput(reason="network_type required")
    if not 1 <= int(segment) <= LAST_SEGMENT:
        raise InvalidInput(reason=f"segmentation_id {segment} is out of range")
    return int(segment)


def _free(conn: Connection, column: sa.Column[Any], last: int) -> int:
    used = set(conn.scalars(sa.select(column)))
    for number in range(1, last + 1):
        if number not in used:
            return number
    raise Conflict("There are too many networks.")


def _demote(conn: Connection, row: Row) -> None:
    """There is one default network."""
    conn.execute(sa.update(T).where(T.c.is_default, T.c.id != row["id"]).values(is_default=False))


def _check_not_external(conn: Connection, row: Row) -> None:
    router = tables.routers
    if rows.count(conn, router, router.c.gateway_network_id == row["id"]):
        raise InUse(
            "ExternalNetworkInUse",
            f"External network {row['id']} cannot be updated to be made non-external, since it "
            "has existing gateway ports.",
        )


def _check_unshared(conn: Connection, row: Row) -> None:
    ports = tables.ports
    foreign = rows.count(
        conn,
        ports,
        ports.c.network_id == row["id"],
        ports.c.project_id.not_in([row["project_id"], ""]),
        ports.c.device_owner != owners.DHCP,
    )
    if foreign:
        raise Conflict(
            f"Unable to reconfigure sharing settings for network {row['name']}. Multiple "
            "projects are using it."
        )
