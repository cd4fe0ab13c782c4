"""Networks."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import DuplicateKey
from novalite.db.statements import any_of
from novalite.exception import Conflict, Forbidden, InvalidInput, NetworkNotFound
from novalite.network.embedded import rows, tables
from novalite.network.embedded.core import Core, demand_privilege, owner_of, privileged
from novalite.network.embedded.errors import NetworkInUse
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Condition, Listing, Page, Row

T = tables.networks
DHCP_OWNER = "network:dhcp"
HOST_ZONE = 0
LAST_ZONE = 65535
MIN_MTU, MAX_MTU = 68, 65535

LISTING = Listing(
    T,
    {
        "id": T.c.id,
        "name": T.c.name,
        "project_id": T.c.project_id,
        "tenant_id": T.c.project_id,
        "description": T.c.description,
        "admin_state_up": T.c.admin_state_up,
        "shared": T.c.shared,
        "router:external": T.c.external,
        "mtu": T.c.mtu,
        "port_security_enabled": T.c.port_security_enabled,
        "created_at": T.c.created_at,
        "updated_at": T.c.updated_at,
    },
    {"status": lambda conn, values: sa.literal("ACTIVE" in values)},
)


def get(conn: Connection, context: RequestContext, network_id: str) -> Row:
    """Raises NetworkNotFound also for one that the caller may not see."""
    row = rows.get(conn, T, network_id)
    if row is None or not may_see(context, row):
        raise NetworkNotFound(network_id=network_id)
    return row


def may_see(context: RequestContext, row: Row) -> bool:
    return (
        privileged(context)
        or row["shared"]
        or row["external"]
        or row["project_id"] == context.project_id
    )


def may_change(context: RequestContext, row: Row) -> bool:
    return privileged(context) or row["project_id"] == context.project_id


def visible(context: RequestContext) -> list[Condition]:
    if privileged(context):
        return []
    return [sa.or_(T.c.project_id == context.project_id, T.c.shared, T.c.external)]


def view(row: Row, subnet_ids: Sequence[str]) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "project_id": row["project_id"],
        "tenant_id": row["project_id"],
        "admin_state_up": row["admin_state_up"],
        "status": "ACTIVE",
        "shared": row["shared"],
        "router:external": row["external"],
        "mtu": row["mtu"],
        "port_security_enabled": row["port_security_enabled"],
        "subnets": list(subnet_ids),
        "availability_zone_hints": [],
        "availability_zones": [],
        "tags": [],
        "created_at": rows.moment(row["created_at"]),
        "updated_at": rows.moment(row["updated_at"]),
        "revision_number": row["revision"],
    }


class Networks:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        with self.core.database.read() as conn:
            conditions = visible(context) + LISTING.conditions(conn, filters)
            return self._views(conn, LISTING.run(conn, conditions, page or Page()))

    def show(self, context: RequestContext, network_id: str) -> Row:
        with self.core.database.read() as conn:
            return self._views(conn, [get(conn, context, network_id)])[0]

    def create(self, context: RequestContext, body: Row, *, host_access: bool = False) -> Row:
        """``host_access`` is no attribute of the API: see ``bootstrap``.

        Raises Forbidden, QuotaExceeded, InvalidInput.
        """
        demand_privilege(context, body, "shared", "router:external")
        now = self.core.now()
        row: Row = {
            "id": rows.new_id(),
            "project_id": owner_of(context, body),
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "admin_state_up": rows.boolean_of(body.get("admin_state_up", True)),
            "shared": rows.boolean_of(body.get("shared", False)),
            "external": rows.boolean_of(body.get("router:external", False)),
            "port_security_enabled": rows.boolean_of(body.get("port_security_enabled", True)),
            "mtu": _mtu(body.get("mtu")),
            "host_access": host_access,
            **rows.stamp(now),
        }

        def write(conn: Connection) -> None:
            self.quotas.check(conn, row["project_id"], "network")
            row["zone"] = HOST_ZONE if host_access else _free_zone(conn)
            rows.insert(conn, T, row)

        for attempt in range(5):
            try:
                self.core.database.run(write)
                break
            except DuplicateKey:  # another process took the zone between our two statements
                if host_access or attempt == 4:
                    raise Conflict("The network could not be created.") from None
        return view(row, [])

    def update(self, context: RequestContext, network_id: str, body: Row) -> Row:
        demand_privilege(context, body, "shared", "router:external")
        changes: Row = {}
        for name in ("name", "description"):
            if name in body:
                changes[name] = body[name] or ""
        for name in ("admin_state_up", "shared", "port_security_enabled"):
            if name in body:
                changes[name] = rows.boolean_of(body[name])
        if "router:external" in body:
            changes["external"] = rows.boolean_of(body["router:external"])
        if "mtu" in body:
            changes["mtu"] = _mtu(body["mtu"])

        def write(conn: Connection) -> Row:
            row = self._mine(conn, context, network_id)
            if row["shared"] and changes.get("shared") is False:
                _check_unshared(conn, row)
            rows.update(conn, T, network_id, changes, self.core.now())
            return self._views(conn, [get(conn, context, network_id)])[0]

        answer = self.core.database.run(write)
        self.core.plane.refresh(network_id)
        return answer

    def delete(self, context: RequestContext, network_id: str) -> None:
        """With its subnets. Raises NetworkInUse while a port other than DHCP's is there."""

        def write(conn: Connection) -> None:
            self._mine(conn, context, network_id)
            ports = tables.ports
            here = ports.c.network_id == network_id
            if rows.count(conn, ports, here, ports.c.device_owner != DHCP_OWNER):
                raise NetworkInUse(network_id=network_id)
            taken = tables.addresses
            rows.delete(conn, taken, taken.c.network_id == network_id)
            rows.delete(conn, ports, here)
            rows.delete(conn, tables.subnets, tables.subnets.c.network_id == network_id)
            rows.delete(conn, T, T.c.id == network_id)

        self.core.database.run(write)
        self.core.plane.refresh(network_id)

    @staticmethod
    def _mine(conn: Connection, context: RequestContext, network_id: str) -> Row:
        row = get(conn, context, network_id)
        if not may_change(context, row):
            raise Forbidden("Only its owner or an administrator may change a network.")
        return row

    @staticmethod
    def _views(conn: Connection, found: Sequence[Row]) -> list[Row]:
        if not found:
            return []
        subnets: dict[str, list[str]] = {}
        table = tables.subnets
        query = (
            sa.select(table.c.network_id, table.c.id)
            .where(any_of(conn, table.c.network_id, [row["id"] for row in found]))
            .order_by(table.c.created_at, table.c.id)
        )
        for network_id, subnet_id in conn.execute(query):
            subnets.setdefault(network_id, []).append(subnet_id)
        return [view(row, subnets.get(row["id"], ())) for row in found]


def _mtu(value: Any) -> int:
    mtu = 1500 if value in (None, 0) else int(value)
    if not MIN_MTU <= mtu <= MAX_MTU:
        raise InvalidInput(reason=f"MTU {mtu} is out of range.")
    return mtu


def _free_zone(conn: Connection) -> int:
    used = set(conn.scalars(sa.select(T.c.zone)))
    for zone in range(1, LAST_ZONE + 1):
        if zone not in used:
            return zone
    raise Conflict("There are too many networks.")


def _check_unshared(conn: Connection, row: Row) -> None:
    ports = tables.ports
    foreign = rows.count(
        conn,
        ports,
        ports.c.network_id == row["id"],
        ports.c.project_id != row["project_id"],
        ports.c.device_owner != DHCP_OWNER,
    )
    if foreign:
        raise Conflict(
            f"Unable to reconfigure sharing settings for network {row['name']}. Multiple "
            "projects are using it."
        )
