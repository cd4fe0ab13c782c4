"""Networks."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import DuplicateKey
from novalite.db.statements import any_of
from novalite.exception import Conflict, Forbidden, InvalidInput, NetworkNotFound
from novalite.network.embedded import access, dns, rows, tables
from novalite.network.embedded.core import (
    ZONE,
    Core,
    check_zones,
    demand_privilege,
    owner_of,
    privileged,
)
from novalite.network.embedded.errors import InUse, NetworkInUse, TunnelIdInUse
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Condition, Listing, Page, Row, SpecialFilter

T = tables.networks
DHCP_OWNER = "network:dhcp"
FLOATING_OWNER = "network:floatingip"
HOST_ZONE = 0
LAST_ZONE = 65535
LAST_SEGMENT = (1 << 24) - 1
MIN_MTU, MAX_MTU = 68, 65535
TYPE = "vxlan"
PROVIDER = ("provider:network_type", "provider:physical_network", "provider:segmentation_id")
ADMIN_ONLY = ("shared", "router:external", "is_default", *PROVIDER)


def _by_scope(version: int) -> SpecialFilter:
    def condition(conn: Connection, values: Sequence[Any]) -> Condition:
        subnet, pool = tables.subnets, tables.subnetpools
        query = sa.select(subnet.c.network_id).where(
            subnet.c.subnetpool_id == pool.c.id,
            subnet.c.ip_version == version,
            any_of(conn, pool.c.address_scope_id, list(values)),
        )
        return T.c.id.in_(query)

    return condition


LISTING = Listing(
    T,
    {
        **rows.common_columns(T),
        "admin_state_up": T.c.admin_state_up,
        "shared": T.c.shared,
        "router:external": T.c.external,
        "is_default": T.c.is_default,
        "mtu": T.c.mtu,
        "dns_domain": T.c.dns_domain,
        "port_security_enabled": T.c.port_security_enabled,
        "provider:segmentation_id": T.c.segmentation_id,
    },
    {
        "status": lambda conn, values: sa.literal("ACTIVE" in values),
        "provider:network_type": lambda conn, values: sa.literal(TYPE in values),
        "provider:physical_network": lambda conn, values: sa.literal("" in values),
        "ipv4_address_scope": _by_scope(4),
        "ipv6_address_scope": _by_scope(6),
    },
)


def get(conn: Connection, context: RequestContext, network_id: str) -> Row:
    """Raises NetworkNotFound also for one that the caller may not see."""
    found = rows.select(conn, T, T.c.id == network_id, *visible(context))
    if not found:
        raise NetworkNotFound(network_id=network_id)
    return found[0]


def may_change(context: RequestContext, row: Row) -> bool:
    return privileged(context) or row["project_id"] == context.project_id


def visible(context: RequestContext) -> list[Condition]:
    if privileged(context):
        return []
    granted = access.granted(context, access.AS_SHARED, access.AS_EXTERNAL)
    return [
        sa.or_(T.c.project_id == context.project_id, T.c.shared, T.c.external, T.c.id.in_(granted))
    ]


def may_use(conn: Connection, context: RequestContext, row: Row) -> bool:
    """Whether the caller may have ports on a network that it sees: an external one is for
    gateways and floating addresses alone."""
    if privileged(context) or row["shared"] or row["project_id"] == context.project_id:
        return True
    grants = access.grants_of(conn, context, [row["id"]])
    return access.AS_SHARED in grants.get(row["id"], ())


def is_external(conn: Connection, context: RequestContext, row: Row) -> bool:
    """Whether it is an external network to the caller."""
    grants = () if row["external"] else access.grants_of(conn, context, [row["id"]])
    return bool(row["external"]) or access.AS_EXTERNAL in (grants and grants.get(row["id"], ()))


class Networks:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        with self.core.database.read() as conn:
            conditions = visible(context) + LISTING.conditions(conn, filters)
            return self._views(conn, context, LISTING.run(conn, conditions, page or Page()))

    def show(self, context: RequestContext, network_id: str) -> Row:
        with self.core.database.read() as conn:
            return self._views(conn, context, [get(conn, context, network_id)])[0]

    def create(self, context: RequestContext, body: Row, *, host_access: bool = False) -> Row:
        """``host_access`` is no attribute of the API: see ``bootstrap``.

        Raises Forbidden, QuotaExceeded, InvalidInput.
        """
        demand_privilege(context, body, *ADMIN_ONLY, new=True)
        now = self.core.now()
        segment = _segment(body)
        row: Row = {
            "id": rows.new_id(),
            "project_id": owner_of(context, body),
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "admin_state_up": rows.boolean_of(body.get("admin_state_up", True)),
            "shared": rows.boolean_of(body.get("shared", False)),
            "external": rows.boolean_of(body.get("router:external", False)),
            "port_security_enabled": rows.boolean_of(body.get("port_security_enabled", True)),
            "is_default": rows.boolean_of(body.get("is_default") or False),
            "mtu": _mtu(body.get("mtu")),
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

    def update(self, context: RequestContext, network_id: str, body: Row) -> Row:
        demand_privilege(context, body, *ADMIN_ONLY)
        if any(name in body for name in PROVIDER):
            raise InvalidInput(reason="Plugin does not support updating provider attributes")
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
            changes["mtu"] = _mtu(body["mtu"])

        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, network_id)
            if row["shared"] and changes.get("shared") is False:
                _check_unshared(conn, row)
            if row["external"] and changes.get("external") is False:
                _check_not_external(conn, row)
            if changes.get("is_default"):
                _demote(conn, row)
            rows.update(conn, T, network_id, changes, self.core.now())
            return self._views(conn, context, [get(conn, context, network_id)])[0]

        answer = self.core.database.run(write)
        self.core.plane.refresh(network_id)
        return answer

    def delete(self, context: RequestContext, network_id: str) -> None:
        """With its subnets and with floating addresses that lead nowhere. Raises NetworkInUse
        while another port than DHCP's is there."""

        def write(conn: Connection) -> None:
            self.mine(conn, context, network_id)
            ports, floating = tables.ports, tables.floating_ips
            here = ports.c.network_id == network_id
            idle = sa.select(floating.c.floating_port_id).where(
                floating.c.floating_network_id == network_id, floating.c.fixed_port_id.is_(None)
            )
            own = sa.or_(ports.c.device_owner == DHCP_OWNER, ports.c.id.in_(idle))
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

    def mine(self, conn: Connection, context: RequestContext, network_id: str) -> Row:
        row = get(conn, context, network_id)
        if not may_change(context, row):
            raise Forbidden("Only its owner or an administrator may change a network.")
        return row

    @staticmethod
    def _views(conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        """In four statements, however many."""
        if not found:
            return []
        ids = [row["id"] for row in found]
        subnets, scopes = _subnets_of(conn, ids)
        tags = rows.tags_of(conn, ids)
        grants = access.grants_of(conn, context, ids)
        none: frozenset[str] = frozenset()
        return [
            view(
                context,
                row,
                subnets.get(row["id"], ()),
                scopes.get(row["id"], {}),
                grants.get(row["id"], none),
                tags.get(row["id"], ()),
            )
            for row in found
        ]


def view(
    context: RequestContext,
    row: Row,
    subnet_ids: Sequence[str],
    scopes: Mapping[int, str],
    grants: frozenset[str],
    tags: Sequence[str],
) -> Row:
    """``scopes``: IP version -> address scope."""
    shown = {
        **rows.common_view(row, tags),
        "admin_state_up": row["admin_state_up"],
        "status": "ACTIVE",
        "shared": row["shared"] or access.AS_SHARED in grants,
        "router:external": row["external"] or access.AS_EXTERNAL in grants,
        "mtu": row["mtu"],
        "port_security_enabled": row["port_security_enabled"],
        "dns_domain": row["dns_domain"],
        "subnets": list(subnet_ids),
        "ipv4_address_scope": scopes.get(4),
        "ipv6_address_scope": scopes.get(6),
        "availability_zone_hints": row["availability_zone_hints"] or [],
        "availability_zones": [ZONE],
    }
    if row["external"]:
        shown["is_default"] = row["is_default"]
    if privileged(context):
        shown["provider:network_type"] = TYPE
        shown["provider:physical_network"] = None
        shown["provider:segmentation_id"] = row["segmentation_id"]
    return shown


def _subnets_of(
    conn: Connection, ids: Sequence[str]
) -> tuple[dict[str, list[str]], dict[str, dict[int, str]]]:
    """(network -> subnets, network -> IP version -> address scope)."""
    subnets: dict[str, list[str]] = {}
    scopes: dict[str, dict[int, str]] = {}
    subnet, pool = tables.subnets, tables.subnetpools
    query = (
        sa.select(subnet.c.network_id, subnet.c.id, subnet.c.ip_version, pool.c.address_scope_id)
        .select_from(subnet.outerjoin(pool, pool.c.id == subnet.c.subnetpool_id))
        .where(any_of(conn, subnet.c.network_id, ids))
        .order_by(subnet.c.created_at, subnet.c.id)
    )
    for network_id, subnet_id, version, scope in conn.execute(query):
        subnets.setdefault(network_id, []).append(subnet_id)
        if scope:
            scopes.setdefault(network_id, {})[version] = scope
    return subnets, scopes


def _mtu(value: Any) -> int:
    mtu = 1500 if value in (None, 0) else int(value)
    if not MIN_MTU <= mtu <= MAX_MTU:
        raise InvalidInput(reason=f"MTU {mtu} is out of range.")
    return mtu


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
        ports.c.device_owner != DHCP_OWNER,
    )
    if foreign:
        raise Conflict(
            f"Unable to reconfigure sharing settings for network {row['name']}. Multiple "
            "projects are using it."
        )
