"""How routers are listed and shown, and what ports they have."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.statements import any_of
from novalite.network.embedded import owners, port_rows, rows, tables
from novalite.network.embedded.core import ZONE
from novalite.network.embedded.rows import Listing, Row

T = tables.routers
PORTS = tables.ports

LISTING = Listing(
    T,
    {**rows.common_columns(T), "admin_state_up": T.c.admin_state_up},
    {"status": lambda conn, values: sa.literal("ACTIVE" in values)},
)


def interfaces_of(conn: Connection, router_id: str) -> list[Row]:
    """The ports by which a router takes part in networks, each with ``fixed_ips``. Not its
    gateway."""
    mine = (PORTS.c.device_id == router_id, PORTS.c.device_owner == owners.INTERFACE)
    return with_addresses(conn, rows.select(conn, PORTS, *mine))


def with_addresses(conn: Connection, found: Sequence[Row]) -> list[Row]:
    """Ports with their ``fixed_ips``."""
    addresses = port_rows.fixed_ips_of(conn, [row["id"] for row in found]) if found else {}
    return [{**row, "fixed_ips": addresses.get(row["id"], [])} for row in found]


def subnets_of(conn: Connection, ports: Sequence[Row]) -> dict[str, Row]:
    """The subnets in which these ports, as ``interfaces_of`` has them, have addresses; by id."""
    ids = sorted({item["subnet_id"] for port in ports for item in port["fixed_ips"]})
    table = tables.subnets
    found = rows.select(conn, table, any_of(conn, table.c.id, ids)) if ids else []
    return {row["id"]: row for row in found}


def views(conn: Connection, found: Sequence[Row]) -> list[Row]:
    """Two statements, however many."""
    tags = rows.tags_of(conn, [row["id"] for row in found])
    gateways = [row["gateway_port_id"] for row in found if row["gateway_port_id"]]
    addresses = port_rows.fixed_ips_of(conn, gateways) if gateways else {}
    return [
        {
            **rows.common_view(row, tags.get(row["id"], ())),
            "admin_state_up": row["admin_state_up"],
            "status": "ACTIVE",
            "external_gateway_info": _gateway(row, addresses.get(row["gateway_port_id"], [])),
            "routes": row["routes"],
            "availability_zone_hints": row["availability_zone_hints"],
            "availability_zones": [ZONE],
            "flavor_id": None,
        }
        for row in found
    ]


def _gateway(row: Row, addresses: list[Row]) -> Row | None:
    if not row["gateway_network_id"]:
        return None
    return {
        "network_id": row["gateway_network_id"],
        "enable_snat": row["enable_snat"],
        "external_fixed_ips": addresses,
    }
