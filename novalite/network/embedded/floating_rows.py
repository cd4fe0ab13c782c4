"""How floating addresses are listed and shown, and how they let go of a port."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.statements import any_of
from novalite.network.embedded import rows, tables
from novalite.network.embedded.rows import Condition, Listing, Row

T = tables.floating_ips


def detach(conn: Connection, port_id: str, addresses: Sequence[str] | None = None) -> None:
    """The port loses its floating addresses: all, or those of some of its own ``addresses``."""
    condition: Condition = T.c.fixed_port_id == port_id
    if addresses is not None:
        if not addresses:
            return
        condition = sa.and_(condition, T.c.fixed_ip_address.in_(addresses))
    nowhere = {"fixed_port_id": None, "fixed_ip_address": None, "router_id": None}
    statement = sa.update(T).where(condition)
    conn.execute(statement.values(**nowhere, status="DOWN", revision=T.c.revision + 1))


def _by_subnet(conn: Connection, values: Sequence[Any]) -> Condition:
    taken = tables.addresses
    query = sa.select(taken.c.port_id).where(any_of(conn, taken.c.subnet_id, list(values)))
    return T.c.floating_port_id.in_(query)


LISTING = Listing(
    T,
    {
        **rows.common_columns(T),
        "floating_network_id": T.c.floating_network_id,
        "floating_ip_address": T.c.floating_ip_address,
        "fixed_ip_address": T.c.fixed_ip_address,
        "port_id": T.c.fixed_port_id,
        "router_id": T.c.router_id,
        "status": T.c.status,
        "dns_name": T.c.dns_name,
        "dns_domain": T.c.dns_domain,
    },
    {"subnet_id": _by_subnet},
)


def views(conn: Connection, found: Sequence[Row]) -> list[Row]:
    """Three statements, however many."""
    tags = rows.tags_of(conn, [row["id"] for row in found])
    port_ids = sorted({row["fixed_port_id"] for row in found if row["fixed_port_id"]})
    ports = tables.ports
    leads_to = rows.select(conn, ports, any_of(conn, ports.c.id, port_ids)) if port_ids else []
    known = {row["id"]: row for row in leads_to}
    return [_view(row, known.get(row["fixed_port_id"]), tags.get(row["id"], ())) for row in found]


def _view(row: Row, port: Row | None, tags: Sequence[str]) -> Row:
    leads = port is not None
    return {
        **rows.common_view(row, tags),
        "floating_network_id": row["floating_network_id"],
        "floating_ip_address": row["floating_ip_address"],
        "port_id": row["fixed_port_id"],
        "fixed_ip_address": row["fixed_ip_address"] if leads else None,
        "router_id": row["router_id"] if leads else None,
        "status": row["status"] if leads else "DOWN",
        "dns_name": row["dns_name"],
        "dns_domain": row["dns_domain"],
        "port_details": _details(port) if port else None,
    }


def _details(port: Row) -> Row:
    names = ("name", "network_id", "mac_address", "admin_state_up", "device_id", "device_owner")
    up = port["binding_host"] and port["admin_state_up"]
    return {name: port[name] for name in names} | {"status": "ACTIVE" if up else "DOWN"}
