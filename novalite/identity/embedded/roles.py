"""Roles: global ones, and such as belong to a domain."""

from sqlalchemy import Connection

from novalite.identity.embedded import queries
from novalite.identity.embedded.cleanup import forget_role
from novalite.identity.embedded.core import Records, keep_domain, must_be_mutable, name_is_free
from novalite.identity.embedded.rows import Row


class Roles(Records):
    """``domain_id`` of a global role is ""."""

    resource = queries.roles

    def new(self, conn: Connection, values: Row) -> Row:
        row = {**values, "domain_id": values.get("domain_id") or ""}
        if row["domain_id"]:
            queries.domains.get(conn, row["domain_id"])
        name_is_free(conn, queries.roles, row)
        return row

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        keep_domain(row, changes)
        must_be_mutable("role", row, changes)
        if changes.get("name", row["name"]) != row["name"]:
            name_is_free(conn, queries.roles, {**row, **changes})
        return super().changes(conn, row, changes)

    def leave(self, conn: Connection, row: Row) -> None:
        must_be_mutable("role", row)
        forget_role(conn, row["id"])
