"""How many addresses of each network are in use."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.exception import InvalidInput, NetworkNotFound
from novalite.network.embedded import addresses, rows, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.rows import Listing, Page, Row

NETWORKS = tables.networks
SUBNETS = tables.subnets
LISTING = Listing(
    NETWORKS,
    {
        "id": NETWORKS.c.id,
        "network_id": NETWORKS.c.id,
        "network_name": NETWORKS.c.name,
        "project_id": NETWORKS.c.project_id,
        "tenant_id": NETWORKS.c.project_id,
        "created_at": NETWORKS.c.created_at,
    },
)


class IpAvailability:
    """For administrators; to all others there is nothing to see."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        if not self.core.allowed(context, "get_network_ip_availability"):
            return []
        filters = dict(filters)
        version = _version(filters.pop("ip_version", None))
        with self.core.database.read() as conn:
            conditions = LISTING.conditions(conn, filters)
            return _views(conn, LISTING.run(conn, conditions, page or Page()), version)

    def show(self, context: RequestContext, network_id: str) -> Row:
        """Raises NetworkNotFound."""
        found = self.list_(context, {"network_id": network_id})
        if not found:
            raise NetworkNotFound(network_id=network_id)
        return found[0]


def _version(given: Any) -> int | None:
    if given is None:
        return None
    if str(given) not in ("4", "6"):
        raise InvalidInput(reason=f"'{given}' is not a valid IP version.")
    return int(given)


def _views(conn: Connection, found: Sequence[Row], version: int | None) -> list[Row]:
    """Two statements, however many networks."""
    if not found:
        return []
    ids = [row["id"] for row in found]
    taken = tables.addresses
    used_query = (
        sa.select(taken.c.subnet_id, sa.func.count())
        .where(any_of(conn, taken.c.network_id, ids))
        .group_by(taken.c.subnet_id)
    )
    used = {row[0]: row[1] for row in conn.execute(used_query)}
    details: dict[str, list[Row]] = {}
    for subnet in rows.select(conn, SUBNETS, any_of(conn, SUBNETS.c.network_id, ids)):
        if version not in (None, subnet["ip_version"]):
            continue
        details.setdefault(subnet["network_id"], []).append(
            {
                "subnet_id": subnet["id"],
                "subnet_name": subnet["name"],
                "ip_version": subnet["ip_version"],
                "cidr": subnet["cidr"],
                "total_ips": sum(end - low + 1 for low, end in addresses.pools_of(subnet)),
                "used_ips": used.get(subnet["id"], 0),
            }
        )
    return [
        {
            "network_id": row["id"],
            "network_name": row["name"],
            "project_id": row["project_id"],
            "tenant_id": row["project_id"],
            "subnet_ip_availability": details.get(row["id"], []),
            "total_ips": sum(item["total_ips"] for item in details.get(row["id"], ())),
            "used_ips": sum(item["used_ips"] for item in details.get(row["id"], ())),
        }
        for row in found
    ]
