"""Which roles follow from which."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.core import Core
from novalite.identity.embedded.rows import Row, delete, insert_missing

NEVER_IMPLIED = ("admin",)


def implications(conn: Connection) -> dict[str, list[str]]:
    """Role id -> ids of the roles that it directly implies."""
    found: dict[str, list[str]] = {}
    table = tables.implied_roles
    for prior, implied in conn.execute(sa.select(table).order_by(*table.c)):
        found.setdefault(prior, []).append(implied)
    return found


def imply(conn: Connection, prior_role_id: str, implied_role_id: str) -> None:
    """Having the rule already is not an error."""
    row = {"prior_role_id": prior_role_id, "implied_role_id": implied_role_id}
    insert_missing(conn, tables.implied_roles, [row])


def expand(role_ids: Iterable[str], implied: dict[str, list[str]]) -> list[str]:
    """These roles and all that follow from them, each once, the given ones first."""
    found = list(dict.fromkeys(role_ids))
    for role_id in found:  # grows while it is walked
        found.extend(i for i in implied.get(role_id, ()) if i not in found)
    return found


class ImpliedRoles:
    """Errors: NotFound, Forbidden."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list_all(self) -> list[tuple[Row, list[Row]]]:
        """Each role that implies others, with those."""
        with self._core.read() as conn:
            known = {row["id"]: row for row in queries.roles.list_(conn)}
            return [
                (known[prior], [known[each] for each in implied])
                for prior, implied in implications(conn).items()
            ]

    def list_of(self, prior_role_id: str) -> tuple[Row, list[Row]]:
        with self._core.read() as conn:
            prior = queries.roles.get(conn, prior_role_id)
            found = queries.roles.of(conn, implications(conn).get(prior_role_id, []))
            return prior, list(found.values())

    def get(self, prior_role_id: str, implied_role_id: str) -> tuple[Row, Row]:
        prior, implied = self.list_of(prior_role_id)
        for role in implied:
            if role["id"] == implied_role_id:
                return prior, role
        raise _no_rule(prior_role_id, implied_role_id)

    def create(self, prior_role_id: str, implied_role_id: str) -> tuple[Row, Row]:
        def work(conn: Connection) -> tuple[Row, Row]:
            prior = queries.roles.get(conn, prior_role_id)
            implied = queries.roles.get(conn, implied_role_id)
            if implied["name"] in NEVER_IMPLIED:
                raise exception.Forbidden(f"{implied_role_id} cannot be an implied roles")
            if implied["domain_id"] and not prior["domain_id"]:
                raise exception.Forbidden(
                    f"Could not assign {implied_role_id} as an implied role of {prior_role_id}: "
                    "a global role cannot imply a domain-specific role"
                )
            imply(conn, prior_role_id, implied_role_id)
            return prior, implied

        return self._core.write(work)

    def delete(self, prior_role_id: str, implied_role_id: str) -> None:
        pair = {"prior_role_id": prior_role_id, "implied_role_id": implied_role_id}
        if not self._core.write(lambda conn: delete(conn, tables.implied_roles, **pair)):
            raise _no_rule(prior_role_id, implied_role_id)


def _no_rule(prior_role_id: str, implied_role_id: str) -> exception.NotFound:
    return exception.NotFound(f"{prior_role_id} does not imply {implied_role_id}.")
