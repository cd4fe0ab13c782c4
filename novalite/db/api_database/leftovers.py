"""What interrupted builds may leave in the API database, for the conductor's sweeps."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.api_database import models
from novalite.db.statements import any_of

requests = models.build_requests
mappings = models.instance_mappings


def promised(conn: Connection, uuids: Iterable[str]) -> set[str]:
    """Those servers that have a build request."""
    uuids = list(uuids)
    if not uuids:
        return set()
    query = sa.select(requests.c.instance_uuid)
    return set(conn.execute(query.where(any_of(conn, requests.c.instance_uuid, uuids))).scalars())


def kept_promises(conn: Connection) -> list[str]:
    """Servers that have a build request although their mapping names a cell."""
    query = (
        sa.select(requests.c.instance_uuid)
        .join(mappings, mappings.c.instance_uuid == requests.c.instance_uuid)
        .where(mappings.c.cell_id.is_not(None))
    )
    return list(conn.execute(query).scalars())
