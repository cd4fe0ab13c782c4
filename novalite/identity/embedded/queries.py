"""SQL of the identity service. Functions take a Connection and return plain dicts."""

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from novalite import exception
from novalite.identity.embedded import tables

Row = dict[str, Any]


class Resource:
    """The five things that one does with a table whose key is ``id``."""

    def __init__(self, table: Table, noun: str) -> None:
        self.table = table
        self.noun = noun

    def get(self, conn: Connection, resource_id: str) -> Row:
        """Raises NotFound."""
        row = self.find(conn, id=resource_id)
        if row is None:
            raise exception.NotFound(f"Could not find {self.noun}: {resource_id}.")
        return row

    def find(self, conn: Connection, **equal: Any) -> Row | None:
        rows = self.list_(conn, **equal)
        return rows[0] if rows else None

    def list_(self, conn: Connection, **equal: Any) -> list[Row]:
        columns = self.table.c
        statement = sa.select(self.table).order_by(columns.id)
        for name, value in equal.items():
            statement = statement.where(columns[name] == value)
        return [dict(row) for row in conn.execute(statement).mappings()]

    def create(self, conn: Connection, values: Row) -> Row:
        """Adds an ``id`` where none is given."""
        row = {"id": uuid.uuid4().hex, **values}
        conn.execute(sa.insert(self.table), row)
        return self.get(conn, row["id"])

    def update(self, conn: Connection, resource_id: str, changes: Row) -> Row:
        """Raises NotFound."""
        if changes:
            conn.execute(
                sa.update(self.table).where(self.table.c.id == resource_id).values(**changes)
            )
        return self.get(conn, resource_id)

    def destroy(self, conn: Connection, resource_id: str) -> None:
        """Raises NotFound."""
        done = conn.execute(sa.delete(self.table).where(self.table.c.id == resource_id))
        if done.rowcount == 0:
            raise exception.NotFound(f"Could not find {self.noun}: {resource_id}.")


domains = Resource(tables.domains, "domain")
projects = Resource(tables.projects, "project")
users = Resource(tables.users, "user")
roles = Resource(tables.roles, "role")
services = Resource(tables.services, "service")
endpoints = Resource(tables.endpoints, "endpoint")


# ---- role assignments ------------------------------------------------------


def assign(conn: Connection, user_id: str, kind: str, target_id: str, role_id: str) -> None:
    """Giving what is there already is not an error."""
    values = {
        "user_id": user_id,
        "target_kind": kind,
        "target_id": target_id,
        "role_id": role_id,
    }
    if not list_assignments(conn, **values):
        conn.execute(sa.insert(tables.assignments), values)


def unassign(conn: Connection, **equal: Any) -> int:
    """Removes all assignments with these columns; how many they were."""
    columns = tables.assignments.c
    statement = sa.delete(tables.assignments).where(
        *(columns[name] == value for name, value in equal.items())
    )
    return conn.execute(statement).rowcount


def list_assignments(conn: Connection, **equal: Any) -> list[Row]:
    columns = tables.assignments.c
    statement = sa.select(tables.assignments).where(
        *(columns[name] == value for name, value in equal.items())
    )
    return [dict(row) for row in conn.execute(statement).mappings()]


def implications(conn: Connection) -> dict[str, list[str]]:
    """Role id -> ids of the roles that it directly implies."""
    found: dict[str, list[str]] = {}
    for prior, implied in conn.execute(sa.select(tables.implied_roles)):
        found.setdefault(prior, []).append(implied)
    return found


def imply(conn: Connection, prior_role_id: str, implied_role_id: str) -> None:
    if implied_role_id not in implications(conn).get(prior_role_id, []):
        conn.execute(
            sa.insert(tables.implied_roles),
            {"prior_role_id": prior_role_id, "implied_role_id": implied_role_id},
        )


def expand(role_ids: Iterable[str], implied: dict[str, list[str]]) -> list[str]:
    """These roles and all that follow from them, each once, the given ones first."""
    found = list(dict.fromkeys(role_ids))
    for role_id in found:  # grows while it is walked
        found.extend(i for i in implied.get(role_id, ()) if i not in found)
    return found


def effective_roles(conn: Connection, user_id: str, kind: str, target_id: str) -> list[Row]:
    """Roles of a user on a project, a domain or the system, with the implied ones, by name."""
    given = list_assignments(conn, user_id=user_id, target_kind=kind, target_id=target_id)
    if not given:
        return []
    wanted = expand((row["role_id"] for row in given), implications(conn))
    table = tables.roles
    statement = sa.select(table).where(table.c.id.in_(wanted)).order_by(table.c.name)
    return [dict(row) for row in conn.execute(statement).mappings()]


def targets_of(conn: Connection, user_id: str, kind: str) -> list[str]:
    """Ids of the projects (domains) on which the user has any role."""
    columns = tables.assignments.c
    statement = (
        sa.select(columns.target_id)
        .where(columns.user_id == user_id, columns.target_kind == kind)
        .distinct()
    )
    return list(conn.execute(statement).scalars())


# ---- revoked tokens --------------------------------------------------------


def revoke(conn: Connection, audit_id: str, expires_at: int, now: int) -> None:
    """Remembers it until the token would have expired, and forgets those that have."""
    columns = tables.revocations.c
    conn.execute(sa.delete(tables.revocations).where(columns.expires_at < now))
    if not is_revoked(conn, [audit_id]):
        conn.execute(
            sa.insert(tables.revocations), {"audit_id": audit_id, "expires_at": expires_at}
        )


def is_revoked(conn: Connection, audit_ids: Iterable[str]) -> bool:
    columns = tables.revocations.c
    statement = sa.select(columns.audit_id).where(columns.audit_id.in_(list(audit_ids)))
    return conn.execute(statement).first() is not None
