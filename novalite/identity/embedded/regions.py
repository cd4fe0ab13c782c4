"""Regions, which may lie in other regions."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rows import Row, insert_missing


class Regions(Records):
    resource = queries.regions

    def new(self, conn: Connection, values: Row) -> Row:
        row = {"description": "", "parent_region_id": None, **values}
        if "id" in row and queries.regions.find(conn, id=row["id"]) is not None:
            raise exception.Conflict(
                f"Conflict occurred attempting to store region - Duplicate ID, {row['id']}."
            )
        self._check_parent(conn, row["parent_region_id"])
        return row

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        parent = changes.get("parent_region_id")
        self._check_parent(conn, parent)
        if parent is not None and parent in {row["id"], *_below(conn, row["id"])}:
            raise exception.ValidationError(detail="A region cannot lie in itself.")
        return super().changes(conn, row, changes)

    def leave(self, conn: Connection, row: Row) -> None:
        """With the regions in it. Raises Forbidden when an endpoint is in one of them."""
        inner = _below(conn, row["id"])
        table = tables.endpoints
        used = sa.select(table.c.id).where(table.c.region_id.in_([row["id"], *inner]))
        if conn.execute(used.limit(1)).first() is not None:
            raise exception.Forbidden(
                f"Unable to delete region {row['id']} because it or its child regions have "
                "associated endpoints."
            )
        conn.execute(sa.delete(tables.regions).where(tables.regions.c.id.in_(inner)))

    def _check_parent(self, conn: Connection, parent: str | None) -> None:
        if parent is not None:
            queries.regions.get(conn, parent)


def ensure(conn: Connection, region_id: str) -> None:
    """Have this region."""
    row = {"id": region_id, "description": "", "parent_region_id": None}
    insert_missing(conn, tables.regions, [row])


def _below(conn: Connection, region_id: str) -> list[str]:
    """Ids of the regions in it."""
    inside: dict[str, list[str]] = {}
    for row in queries.regions.list_(conn):
        inside.setdefault(row["parent_region_id"] or "", []).append(row["id"])
    found: list[str] = list(inside.get(region_id, ()))
    for each in found:  # grows while it is walked
        found.extend(i for i in inside.get(each, ()) if i not in found)
    return found
