"""Users, projects, domains, roles and the catalog's entries: how they are made and changed."""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.clock import Clock
from novalite.db.engine import Database, DuplicateKey
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.passwords import PasswordHasher
from novalite.identity.embedded.queries import Resource, Row
from novalite.identity.embedded.tokens import microseconds

T = TypeVar("T")
DEFAULT_DOMAIN = "default"


class Directory:
    """Each method is one transaction. ``changed`` is called after each that wrote something.

    Errors: NotFound, Conflict for a name that is taken, Forbidden for what may not be done.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        passwords: PasswordHasher,
        changed: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._changed = changed

    # ---- reading ----

    def get(self, resource: Resource, resource_id: str) -> Row:
        with self._database.read() as conn:
            return resource.get(conn, resource_id)

    def list_(self, resource: Resource, **equal: Any) -> list[Row]:
        with self._database.read() as conn:
            return resource.list_(conn, **equal)

    # ---- users ----

    def create_user(self, values: Row) -> Row:
        """``password`` may be missing: such a user cannot log in by password."""
        password = values.pop("password", None)
        hashed = self._passwords.hash(password) if password is not None else None

        def work(conn: Connection) -> Row:
            row = {
                "domain_id": DEFAULT_DOMAIN,
                "enabled": True,
                "tokens_valid_after": 0,
                **values,
                "password_hash": hashed,
            }
            queries.domains.get(conn, row["domain_id"])
            _name_is_free(conn, queries.users, row)
            return queries.users.create(conn, row)

        return self._write(work)

    def update_user(self, user_id: str, changes: Row) -> Row:
        """A new password, and disabling, end the user's tokens."""
        password = changes.pop("password", None)
        if password is not None:
            changes["password_hash"] = self._passwords.hash(password)
        if password is not None or changes.get("enabled") is False:
            changes["tokens_valid_after"] = self._now()
        return self._update(queries.users, user_id, changes)

    def delete_user(self, user_id: str) -> None:
        def work(conn: Connection) -> None:
            queries.users.get(conn, user_id)
            queries.unassign(conn, user_id=user_id)
            queries.users.destroy(conn, user_id)

        self._write(work)

    # ---- projects and domains ----

    def create_project(self, values: Row) -> Row:
        def work(conn: Connection) -> Row:
            row = {
                "domain_id": DEFAULT_DOMAIN,
                "enabled": True,
                "description": "",
                "tokens_valid_after": 0,
                **values,
            }
            queries.domains.get(conn, row["domain_id"])
            _name_is_free(conn, queries.projects, row)
            return queries.projects.create(conn, row)

        return self._write(work)

    def update_project(self, project_id: str, changes: Row) -> Row:
        """Disabling ends the project's tokens."""
        if changes.get("enabled") is False:
            changes["tokens_valid_after"] = self._now()
        return self._update(queries.projects, project_id, changes)

    def delete_project(self, project_id: str) -> None:
        def work(conn: Connection) -> None:
            queries.projects.get(conn, project_id)
            queries.unassign(conn, target_kind="project", target_id=project_id)
            queries.projects.destroy(conn, project_id)

        self._write(work)

    def create_domain(self, values: Row) -> Row:
        def work(conn: Connection) -> Row:
            row = {"enabled": True, "description": "", **values}
            _name_is_free(conn, queries.domains, row)
            return queries.domains.create(conn, row)

        return self._write(work)

    def update_domain(self, domain_id: str, changes: Row) -> Row:
        """Disabling ends the tokens of the domain's users and projects."""

        def work(conn: Connection) -> Row:
            _name_is_free(conn, queries.domains, {**changes, "id": domain_id})
            if changes.get("enabled") is False:
                for table in (tables.users, tables.projects):
                    conn.execute(
                        sa.update(table)
                        .where(table.c.domain_id == domain_id)
                        .values(tokens_valid_after=self._now())
                    )
            return queries.domains.update(conn, domain_id, changes)

        return self._write(work)

    def delete_domain(self, domain_id: str) -> None:
        """With all its users and projects. Raises Forbidden while it is enabled."""

        def work(conn: Connection) -> None:
            if queries.domains.get(conn, domain_id)["enabled"]:
                raise exception.Forbidden(
                    "Cannot delete a domain that is enabled, please disable it first."
                )
            for user in queries.users.list_(conn, domain_id=domain_id):
                queries.unassign(conn, user_id=user["id"])
                queries.users.destroy(conn, user["id"])
            for project in queries.projects.list_(conn, domain_id=domain_id):
                queries.unassign(conn, target_kind="project", target_id=project["id"])
                queries.projects.destroy(conn, project["id"])
            queries.unassign(conn, target_kind="domain", target_id=domain_id)
            queries.domains.destroy(conn, domain_id)

        self._write(work)

    # ---- roles ----

    def create_role(self, values: Row) -> Row:
        def work(conn: Connection) -> Row:
            _name_is_free(conn, queries.roles, values)
            return queries.roles.create(conn, values)

        return self._write(work)

    def update_role(self, role_id: str, changes: Row) -> Row:
        return self._update(queries.roles, role_id, changes)

    def delete_role(self, role_id: str) -> None:
        def work(conn: Connection) -> None:
            queries.roles.get(conn, role_id)
            queries.unassign(conn, role_id=role_id)
            columns = tables.implied_roles.c
            conn.execute(
                sa.delete(tables.implied_roles).where(
                    (columns.prior_role_id == role_id) | (columns.implied_role_id == role_id)
                )
            )
            queries.roles.destroy(conn, role_id)

        self._write(work)

    # ---- the catalog's entries ----

    def create(self, resource: Resource, values: Row) -> Row:
        """A service or an endpoint."""
        return self._write(lambda conn: resource.create(conn, {"enabled": True, **values}))

    def update(self, resource: Resource, resource_id: str, changes: Row) -> Row:
        return self._write(lambda conn: resource.update(conn, resource_id, changes))

    def delete_service(self, service_id: str) -> None:
        """With its endpoints."""

        def work(conn: Connection) -> None:
            queries.services.get(conn, service_id)
            for endpoint in queries.endpoints.list_(conn, service_id=service_id):
                queries.endpoints.destroy(conn, endpoint["id"])
            queries.services.destroy(conn, service_id)

        self._write(work)

    def delete_endpoint(self, endpoint_id: str) -> None:
        self._write(lambda conn: queries.endpoints.destroy(conn, endpoint_id))

    # ---- inside ----

    def _now(self) -> int:
        return microseconds(self._clock.now())

    def _update(self, resource: Resource, resource_id: str, changes: Row) -> Row:
        def work(conn: Connection) -> Row:
            row = resource.get(conn, resource_id)
            if "name" in changes and changes["name"] != row["name"]:
                _name_is_free(conn, resource, {**row, **changes})
            return resource.update(conn, resource_id, changes)

        return self._write(work)

    def _write(self, work: Callable[[Connection], T]) -> T:
        try:
            result = self._database.run(work)
        except DuplicateKey as e:  # another process was faster than our check
            raise exception.Conflict("Duplicate entry found.") from e
        self._changed()
        return result


def _name_is_free(conn: Connection, resource: Resource, row: Row) -> None:
    if "name" not in row:
        return
    where = {"domain_id": row["domain_id"]} if "domain_id" in row else {}
    taken = resource.find(conn, name=row["name"], **where)
    if taken is not None and taken["id"] != row.get("id"):
        place = f" at domain ID {row['domain_id']}" if where else ""
        raise exception.Conflict(
            f"Conflict occurred attempting to store {resource.noun} - "
            f"Duplicate entry found with name {row['name']}{place}."
        )
