"""Giving and taking roles: to a user or a group, on a project, a domain or the system."""

import dataclasses

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import effective, queries, tables
from novalite.identity.embedded.core import Core
from novalite.identity.embedded.rows import Row, delete, insert_missing, select

SYSTEM = "all"  # the only target of the system scope


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Who and where: ``actor_kind`` is "user" or "group", ``target_kind`` "project", "domain" or
    "system" (whose only id is "all"). ``inherited``: for the projects below the target."""

    actor_kind: str
    actor_id: str
    target_kind: str
    target_id: str
    inherited: bool = False

    def columns(self) -> Row:
        return dataclasses.asdict(self)


def give(conn: Connection, place: Place, role_id: str) -> None:
    """Giving what is there already is not an error."""
    insert_missing(conn, tables.grants, [{**place.columns(), "role_id": role_id}])


def take_all(conn: Connection, **equal: object) -> None:
    """Removes all grants with these columns."""
    delete(conn, tables.grants, **equal)


class Grants:
    """Errors: NotFound, Forbidden."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list_roles(self, place: Place) -> list[Row]:
        """The roles given there, without those that they imply."""
        with self._core.read() as conn:
            _check(conn, place)
            given = select(conn, tables.grants, **place.columns())
            return list(queries.roles.of(conn, (row["role_id"] for row in given)).values())

    def check(self, place: Place, role_id: str) -> None:
        """Raises NotFound for a role that is not given there."""
        if not any(row["id"] == role_id for row in self.list_roles(place)):
            raise _not_given(role_id)

    def give(self, place: Place, role_id: str) -> None:
        def work(conn: Connection) -> None:
            target = _check(conn, place)
            role = queries.roles.get(conn, role_id)
            _check_domains(role, place, target)
            give(conn, place, role_id)

        self._core.write(work)

    def take(self, place: Place, role_id: str) -> None:
        """Raises NotFound also for a role that was not given there."""

        def work(conn: Connection) -> None:
            if not delete(conn, tables.grants, **place.columns(), role_id=role_id):
                raise _not_given(role_id)

        self._core.write(work)

    def projects_of(self, user_id: str) -> list[Row]:
        """The enabled projects on which the user has a role."""
        with self._core.read() as conn:
            return effective.projects(conn, user_id)

    def domains_of(self, user_id: str) -> list[Row]:
        with self._core.read() as conn:
            return effective.domains(conn, user_id)

    def on_system(self, user_id: str) -> bool:
        with self._core.read() as conn:
            return bool(effective.targets(conn, user_id).get(("system", False)))


def _check(conn: Connection, place: Place) -> Row | None:
    """The target's row. Raises NotFound for an actor or target that is not there."""
    actors = queries.users if place.actor_kind == "user" else queries.groups
    actors.get(conn, place.actor_id)
    if place.target_kind == "project":
        return queries.projects.get(conn, place.target_id)
    if place.target_kind == "domain":
        return queries.domains.get(conn, place.target_id)
    return None


def _check_domains(role: Row, place: Place, target: Row | None) -> None:
    """A role that belongs to a domain may be given on that domain and its projects only."""
    if not role["domain_id"]:
        return
    own = target and target.get("domain_id", target["id"])
    if own != role["domain_id"]:
        raise exception.Forbidden(
            "Could not assign a role of another domain: a domain-specific role can be assigned in "
            "its own domain only."
        )


def _not_given(role_id: str) -> exception.NotFound:
    return exception.NotFound(f"Could not find role assignment with role: {role_id}.")
