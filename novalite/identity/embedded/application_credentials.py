"""Application credentials: a user's log-in for a program, for one project and some of his roles."""

import secrets
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.statements import any_of
from novalite.identity.embedded import access_rules, effective, queries, tables
from novalite.identity.embedded.core import Core, Records
from novalite.identity.embedded.implied_roles import expand, implications
from novalite.identity.embedded.passwords import PasswordHasher
from novalite.identity.embedded.rows import Row, insert_missing


class ApplicationCredentials(Records):
    """A row has ``roles`` and ``access_rules`` (rows; None: none were given, all is allowed)."""

    resource = queries.application_credentials

    def __init__(self, core: Core, passwords: PasswordHasher) -> None:
        super().__init__(core)
        self._passwords = passwords

    def get_of(self, user_id: str, credential_id: str) -> Row:
        """Raises NotFound, also for another user's."""
        row = self.get(credential_id)
        if row["user_id"] != user_id:
            raise self.resource.not_found(credential_id)
        return row

    def create_of(self, values: Row, held: list[Row]) -> Row:
        """``held``: the roles that whoever asks has on the project. ``roles``: some of them, a
        list of ``{"id"}`` or ``{"name"}``; missing: all. ``secret``: made when missing. The
        answer has it in clear, the only time.

        Raises ValidationError for another role.
        """
        secret = values.get("secret") or secrets.token_urlsafe(64)
        hashed = self._passwords.hash(secret)
        rules = values.get("access_rules")

        def work(conn: Connection) -> Row:
            self._name_is_free(conn, values)
            row = {
                "user_id": values["user_id"],
                "project_id": values["project_id"],
                "name": values["name"],
                "description": values.get("description"),
                "unrestricted": values.get("unrestricted", False),
                "expires_at": values.get("expires_at"),
                "secret_hash": hashed,
                "restricted_to_rules": bool(rules),
            }
            made = self.resource.create(conn, row)
            chosen = held if values.get("roles") is None else choose_roles(values["roles"], held)
            self._link(conn, made, chosen, rules)
            return self.dress(conn, [made])[0]

        return {**self.core.write(work), "secret": secret}

    def dress(self, conn: Connection, rows: list[Row]) -> list[Row]:
        return with_roles_and_rules(conn, rows)

    def leave(self, conn: Connection, row: Row) -> None:
        """Its access rules stay: they are the user's."""
        for table in (
            tables.application_credential_roles,
            tables.application_credential_access_rules,
        ):
            conn.execute(sa.delete(table).where(table.c.application_credential_id == row["id"]))

    def _name_is_free(self, conn: Connection, values: Row) -> None:
        same = {"user_id": values["user_id"], "name": values["name"]}
        if self.resource.find(conn, **same) is not None:
            raise exception.Conflict(
                "Conflict occurred attempting to store application_credential - Duplicate entry "
                f"found with name {values['name']}."
            )

    def _link(
        self, conn: Connection, made: Row, chosen: list[Row], rules: list[Row] | None
    ) -> None:
        links = [
            {"application_credential_id": made["id"], "role_id": role["id"]} for role in chosen
        ]
        insert_missing(conn, tables.application_credential_roles, links)
        rows = access_rules.ensure(conn, made["user_id"], rules or [])
        links = [
            {"application_credential_id": made["id"], "access_rule_id": row["id"]} for row in rows
        ]
        insert_missing(conn, tables.application_credential_access_rules, links)


def choose_roles(wanted: list[Row], held: list[Row]) -> list[Row]:
    """Those of ``held`` that ``wanted`` names by id or name. Raises ValidationError for others."""
    chosen = []
    for spec in wanted:
        key = "id" if "id" in spec else "name"
        found = [role for role in held if role[key] == spec[key]]
        if not found:
            raise exception.ValidationError(
                detail=f"Invalid application credential: Could not find role assignment with "
                f"role: {spec[key]}, user or group, project, domain, or system."
            )
        chosen += found
    return chosen


def with_roles_and_rules(conn: Connection, rows: list[Row]) -> list[Row]:
    """In four statements, however many rows."""
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    links = _links(conn, tables.application_credential_roles, ids)
    rule_links = _links(conn, tables.application_credential_access_rules, ids)
    roles = queries.roles.of(conn, (each for many in links.values() for each in many))
    rules = queries.access_rules.of(conn, (each for many in rule_links.values() for each in many))
    return [
        {
            **row,
            "roles": by_name(roles[each] for each in links.get(row["id"], ()) if each in roles),
            "access_rules": [rules[each] for each in rule_links.get(row["id"], ()) if each in rules]
            if row["restricted_to_rules"]
            else None,
        }
        for row in rows
    ]


def by_name(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["name"]))


def usable_roles(conn: Connection, credential: Row) -> list[Row]:
    """The roles that count now: those of the credential, with what they imply, as far as its user
    still has them on the project; by name."""
    held = effective.roles(conn, credential["user_id"], "project", credential["project_id"])
    mine = set(expand((role["id"] for role in credential["roles"]), implications(conn)))
    return [role for role in held if role["id"] in mine]


def _links(conn: Connection, table: sa.Table, ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    statement = sa.select(table).where(any_of(conn, table.c.application_credential_id, ids))
    for credential_id, other in conn.execute(statement.order_by(*table.c)):
        found.setdefault(credential_id, []).append(other)
    return found
