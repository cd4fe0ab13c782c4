"""Which networks one sees, and how they are listed and shown."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.exception import NetworkNotFound
from novalite.network.embedded import access, rows, tables
from novalite.network.embedded.core import ZONE, Core
from novalite.network.embedded.rows import Condition, Listing, Row, SpecialFilter

T = tables.networks
TYPE = "vxlan"
PROVIDER = ("provider:network_type", "provider:physical_network", "provider:segmentation_id")


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


def get(conn: Connection, core: Core, context: RequestContext, network_id: str) -> Row:
    """Raises NetworkNotFound also for one that the caller may not see."""
    found = rows.select(conn, T, T.c.id == network_id, *visible(core, context))
    if not found:
        raise NetworkNotFound(network_id=network_id)
    return found[0]


def visible(core: Core, context: RequestContext) -> list[Condition]:
    granted = access.granted(context, access.AS_SHARED, access.AS_EXTERNAL)
    own = T.c.project_id == context.project_id
    return core.seen(context, "get_network", own, T.c.shared, T.c.external, T.c.id.in_(granted))


def owner(row: Row) -> Row:
    """What policy rules of a network's ports and subnets want to know of it."""
    project_id = row.get("project_id", "")
    return {"network:project_id": project_id, "network:tenant_id": project_id}


def lent(conn: Connection, context: RequestContext, row: Row) -> bool:
    """Whether the caller may have ports on another's network that it sees: an external one is
    for gateways and floating addresses alone."""
    if row["shared"]:
        return True
    grants = access.grants_of(conn, context, [row["id"]])
    return access.AS_SHARED in grants.get(row["id"], ())


def is_external(conn: Connection, context: RequestContext, row: Row) -> bool:
    """Whether it is an external network to the caller."""
    grants = () if row["external"] else access.grants_of(conn, context, [row["id"]])
    return bool(row["external"]) or access.AS_EXTERNAL in (grants and grants.get(row["id"], ()))


def views(conn: Connection, core: Core, context: RequestContext, found: Sequence[Row]) -> list[Row]:
    """In four statements, however many."""
    if not found:
        return []
    ids = [row["id"] for row in found]
    subnets, scopes = _subnets_of(conn, ids)
    tags = rows.tags_of(conn, ids)
    grants = access.grants_of(conn, context, ids)
    none: frozenset[str] = frozenset()
    guarded = [name for name in PROVIDER if core.allowed(context, f"get_network:{name}")]
    return [
        view(
            row,
            subnets.get(row["id"], ()),
            scopes.get(row["id"], {}),
            grants.get(row["id"], none),
            tags.get(row["id"], ()),
            guarded,
        )
        for row in found
    ]


def view(
    row: Row,
    subnet_ids: Sequence[str],
    scopes: Mapping[int, str],
    grants: frozenset[str],
    tags: Sequence[str],
    guarded: Sequence[str],
) -> Row:
    """``scopes``: IP version -> address scope; ``guarded``: of the provider's attributes, those
    that the caller may see."""
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
    provider = (TYPE, None, row["segmentation_id"])
    shown.update(
        (name, value) for name, value in zip(PROVIDER, provider, strict=True) if name in guarded
    )
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
