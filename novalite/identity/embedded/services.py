"""The services of the catalog."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rows import Row, delete


class Services(Records):
    resource = queries.services

    def new(self, conn: Connection, values: Row) -> Row:
        return {"enabled": True, "name": "", **values}

    def leave(self, conn: Connection, row: Row) -> None:
        """With its endpoints. Raises Forbidden while limits are registered for it."""
        if queries.registered_limits.find(conn, service_id=row["id"]) is not None:
            raise exception.Forbidden(
                f"Unable to delete service {row['id']}: limits are registered for it."
            )
        mine = sa.select(tables.endpoints.c.id).where(tables.endpoints.c.service_id == row["id"])
        ids = list(conn.execute(mine).scalars())
        filtered = tables.project_endpoints
        conn.execute(sa.delete(filtered).where(filtered.c.endpoint_id.in_(ids)))
        delete(conn, tables.endpoints, service_id=row["id"])
