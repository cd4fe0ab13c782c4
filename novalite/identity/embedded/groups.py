"""Groups of users."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.cleanup import forget_group
from novalite.identity.embedded.core import Records, keep_domain, name_is_free
from novalite.identity.embedded.rows import ALL, Page, Row, delete, insert_missing, select
from novalite.identity.embedded.users import DEFAULT_DOMAIN


class Groups(Records):
    resource = queries.groups

    def users_of(self, group_id: str, filters: Row, page: Page = ALL) -> list[Row]:
        members = sa.select(tables.memberships.c.user_id).where(
            tables.memberships.c.group_id == group_id
        )
        with self.core.read() as conn:
            queries.groups.get(conn, group_id)
            conditions = [*queries.users.conditions(filters), tables.users.c.id.in_(members)]
            return queries.users.page(conn, conditions, page)

    def add_user(self, group_id: str, user_id: str) -> None:
        """Adding who is in it already is not an error."""

        def work(conn: Connection) -> None:
            _both(conn, group_id, user_id)
            row = {"group_id": group_id, "user_id": user_id}
            insert_missing(conn, tables.memberships, [row])

        self.core.write(work)

    def check_user(self, group_id: str, user_id: str) -> None:
        """Raises NotFound for who is not in it."""
        with self.core.read() as conn:
            _both(conn, group_id, user_id)
            if not select(conn, tables.memberships, group_id=group_id, user_id=user_id):
                raise _not_in(group_id, user_id)

    def remove_user(self, group_id: str, user_id: str) -> None:
        def work(conn: Connection) -> None:
            _both(conn, group_id, user_id)
            if not delete(conn, tables.memberships, group_id=group_id, user_id=user_id):
                raise _not_in(group_id, user_id)

        self.core.write(work)

    def new(self, conn: Connection, values: Row) -> Row:
        row = {"domain_id": DEFAULT_DOMAIN, "description": "", **values}
        queries.domains.get(conn, row["domain_id"])
        name_is_free(conn, queries.groups, row)
        return row

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        keep_domain(row, changes)
        if changes.get("name", row["name"]) != row["name"]:
            name_is_free(conn, queries.groups, {**row, **changes})
        return super().changes(conn, row, changes)

    def leave(self, conn: Connection, row: Row) -> None:
        forget_group(conn, row["id"])


def _both(conn: Connection, group_id: str, user_id: str) -> None:
    queries.groups.get(conn, group_id)
    queries.users.get(conn, user_id)


def _not_in(group_id: str, user_id: str) -> exception.NotFound:
    return exception.NotFound(f"User {user_id} not found in group {group_id}.")
