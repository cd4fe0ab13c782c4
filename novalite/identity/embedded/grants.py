"""Who has which role where: on a project, on a domain, on the system."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from novalite import exception
from novalite.db.engine import Database
from novalite.identity.embedded import queries
from novalite.identity.embedded.queries import Resource, Row


class Grants:
    """``kind`` is "project", "domain" or "system" (whose only target id is "all").

    ``changed`` is called after each change. Errors: NotFound.
    """

    def __init__(self, database: Database, changed: Callable[[], None]) -> None:
        self._database = database
        self._changed = changed

    def projects_of(self, user_id: str) -> list[Row]:
        """The enabled projects on which the user has a role."""
        return self._targets(user_id, "project", queries.projects)

    def domains_of(self, user_id: str) -> list[Row]:
        return self._targets(user_id, "domain", queries.domains)

    def on_system(self, user_id: str) -> bool:
        with self._database.read() as conn:
            return bool(queries.targets_of(conn, user_id, "system"))

    def list_roles(self, user_id: str, kind: str, target_id: str) -> list[Row]:
        """The roles given there, without those that they imply."""
        with self._database.read() as conn:
            _check(conn, user_id, kind, target_id)
            given = queries.list_assignments(
                conn, user_id=user_id, target_kind=kind, target_id=target_id
            )
            ids = {row["role_id"] for row in given}
            return [row for row in queries.roles.list_(conn) if row["id"] in ids]

    def list_assignments(self, equal: Row, *, effective: bool) -> list[Row]:
        """All that fit. Each has ``user``, ``role`` and ``target`` rows (None for the system),
        ``kind``, ``target_id`` and ``through``: the id of the role that was given.

        ``effective``: also the roles that follow from those given.
        """
        wanted_role = equal.get("role_id")
        if effective:
            equal = {k: v for k, v in equal.items() if k != "role_id"}
        with self._database.read() as conn:
            rows = queries.list_assignments(conn, **equal)
            implied = queries.implications(conn) if effective else {}
            domains = _by_id(queries.domains.list_(conn))
            users = _with_domain(queries.users.list_(conn), domains)
            projects = _with_domain(queries.projects.list_(conn), domains)
            roles = _by_id(queries.roles.list_(conn))
        targets: dict[str, dict[str, Row]] = {"project": projects, "domain": domains}
        found = []
        for row in rows:
            target = targets.get(row["target_kind"], {}).get(row["target_id"])
            for role_id in queries.expand([row["role_id"]], implied):
                if wanted_role in (None, role_id):
                    found.append(
                        {
                            "user": users[row["user_id"]],
                            "role": roles[role_id],
                            "kind": row["target_kind"],
                            "target_id": row["target_id"],
                            "target": target,
                            "through": row["role_id"],
                        }
                    )
        return found

    def assign(self, user_id: str, kind: str, target_id: str, role_id: str) -> None:
        """Giving what is there already is not an error."""

        def work(conn: Connection) -> None:
            _check(conn, user_id, kind, target_id)
            queries.roles.get(conn, role_id)
            queries.assign(conn, user_id, kind, target_id, role_id)

        self._database.run(work)
        self._changed()

    def unassign(self, user_id: str, kind: str, target_id: str, role_id: str) -> None:
        """Raises NotFound also for a role that the user did not have there."""
        equal: dict[str, Any] = {
            "user_id": user_id,
            "target_kind": kind,
            "target_id": target_id,
            "role_id": role_id,
        }
        if not self._database.run(lambda conn: queries.unassign(conn, **equal)):
            raise exception.NotFound(f"Could not find role assignment with role: {role_id}.")
        self._changed()

    def _targets(self, user_id: str, kind: str, resource: Resource) -> list[Row]:
        with self._database.read() as conn:
            ids = set(queries.targets_of(conn, user_id, kind))
            return [row for row in resource.list_(conn, enabled=True) if row["id"] in ids]


def _check(conn: Connection, user_id: str, kind: str, target_id: str) -> None:
    queries.users.get(conn, user_id)
    if kind == "project":
        queries.projects.get(conn, target_id)
    elif kind == "domain":
        queries.domains.get(conn, target_id)


def _by_id(rows: list[Row]) -> dict[str, Row]:
    return {row["id"]: row for row in rows}


def _with_domain(rows: list[Row], domains: dict[str, Row]) -> dict[str, Row]:
    return {row["id"]: {**row, "domain_name": domains[row["domain_id"]]["name"]} for row in rows}
