"""Trusts: a user (the trustor) lets another (the trustee) act for him in one project, with some of
his roles."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.statements import any_of
from novalite.identity.embedded import effective, queries, tables
from novalite.identity.embedded.application_credentials import by_name
from novalite.identity.embedded.cleanup import forget_trusts
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.implied_roles import expand, implications
from novalite.identity.embedded.rows import Condition, Row, insert_missing

MOST_REDELEGATIONS = 3


class Trusts(Records):
    """A row has ``roles`` (rows). One that has expired is not found."""

    resource = queries.trusts

    def get(self, resource_id: str) -> Row:
        row = super().get(resource_id)
        if row["expires_at"] is not None and row["expires_at"] <= self.core.now():
            raise self.resource.not_found(resource_id)
        return row

    def conditions(self, filters: Row) -> list[Condition]:
        expires = tables.trusts.c.expires_at
        alive = sa.or_(expires.is_(None), expires > self.core.now())
        return [alive, *super().conditions(filters)]

    def dress(self, conn: Connection, rows: list[Row]) -> list[Row]:
        return with_roles(conn, rows)

    def create(self, values: Row) -> Row:
        """``roles``: a list of ``{"id"}`` or ``{"name"}``. ``redelegated_trust_id``: the trust
        that the trustor himself acts by; its limits bind this one.

        Raises ValidationError, NotFound, and Forbidden for roles that the trustor does not have.
        """
        wanted = values.get("roles") or []
        rest = {k: v for k, v in values.items() if k not in ("roles", "allow_redelegation")}

        def work(conn: Connection) -> Row:
            row = self._checked(conn, rest, allow=values.get("allow_redelegation", False))
            roles = self._choose(conn, row, wanted)
            made = queries.trusts.create(conn, row)
            links = [{"trust_id": made["id"], "role_id": role["id"]} for role in roles]
            insert_missing(conn, tables.trust_roles, links)
            return self.dress(conn, [made])[0]

        return self.core.write(work)

    def leave(self, conn: Connection, row: Row) -> None:
        """With the trusts that were made by means of it."""
        source = tables.trusts.c.redelegated_trust_id
        made = [row["id"]]
        while made:  # as often as trusts may be handed on
            found = queries.trusts.page(conn, [any_of(conn, source, made)])
            made = [each["id"] for each in found]
            forget_trusts(conn, any_of(conn, tables.trusts.c.id, made) if made else sa.false())
        conn.execute(
            sa.delete(tables.trust_roles).where(tables.trust_roles.c.trust_id == row["id"])
        )

    # ---- inside ----

    def _checked(self, conn: Connection, values: Row, *, allow: bool) -> Row:
        row = {"expires_at": None, "remaining_uses": None, "redelegated_trust_id": None, **values}
        for name in ("trustor_user_id", "trustee_user_id"):
            queries.users.get(conn, row[name])
        if row.get("project_id") is not None:
            queries.projects.get(conn, row["project_id"])
        if row["expires_at"] is not None and row["expires_at"] <= self.core.now():
            raise exception.ValidationError(detail="Trust expiration time must be in the future.")
        if allow and row["remaining_uses"] is not None:
            raise exception.ValidationError(
                detail="remaining_uses must not be set if redelegation is allowed"
            )
        asked = row.get("redelegation_count")
        row["redelegation_count"] = (asked or MOST_REDELEGATIONS) if allow else 0
        if row["redelegation_count"] > MOST_REDELEGATIONS:
            raise exception.Forbidden(
                f"Requested redelegation depth of {asked} is greater than allowed "
                f"{MOST_REDELEGATIONS}"
            )
        if row["redelegated_trust_id"] is not None:
            self._check_redelegation(conn, row, asked)
        return row

    def _check_redelegation(self, conn: Connection, row: Row, asked: int | None) -> None:
        source = queries.trusts.get(conn, row["redelegated_trust_id"])
        left = source["redelegation_count"] - 1
        if left < 0:
            raise exception.Forbidden("Remaining redelegation depth of 0 out of allowed range")
        if asked is not None and asked > left:
            raise exception.Forbidden(
                f"Remaining redelegation depth of {left} out of allowed range"
            )
        row["redelegation_count"] = min(row["redelegation_count"], left)
        if row.get("project_id") != source["project_id"]:
            raise exception.Forbidden("A redelegated trust is for the project of its source.")
        if row["impersonation"] and not source["impersonation"]:
            raise exception.Forbidden(
                "Impersonation is not allowed because redelegated trust does not specify "
                "impersonation."
            )
        if source["expires_at"] is not None:
            if row["expires_at"] is None:
                row["expires_at"] = source["expires_at"]
            elif row["expires_at"] > source["expires_at"]:
                raise exception.Forbidden(
                    "Requested expiration time is more than redelegated trust can provide"
                )

    def _choose(self, conn: Connection, row: Row, wanted: list[Row]) -> list[Row]:
        if row.get("project_id") is None:
            if wanted:
                raise exception.ValidationError(detail="Roles need a project.")
            return []
        if not wanted:
            raise exception.Forbidden("At least one role should be specified")
        if row["redelegated_trust_id"] is None:
            held = effective.roles(conn, row["trustor_user_id"], "project", row["project_id"])
        else:
            (source,) = with_roles(conn, [queries.trusts.get(conn, row["redelegated_trust_id"])])
            held = usable_roles(conn, source)
        chosen = []
        for spec in wanted:
            key = "id" if "id" in spec else "name"
            found = [role for role in held if role[key] == spec[key]]
            if not found:
                if queries.roles.find(conn, **{key: spec[key]}) is None:
                    raise queries.roles.not_found(spec[key])
                raise exception.Forbidden(
                    "Some of requested roles are not in redelegated trust"
                    if row["redelegated_trust_id"]
                    else f"Could not find role assignment with role: {spec[key]}."
                )
            chosen += found
        return chosen


def with_roles(conn: Connection, rows: list[Row]) -> list[Row]:
    """In two statements, however many rows."""
    if not rows:
        return []
    table = tables.trust_roles
    links: dict[str, list[str]] = {}
    statement = sa.select(table).where(any_of(conn, table.c.trust_id, [r["id"] for r in rows]))
    for trust_id, role_id in conn.execute(statement.order_by(*table.c)):
        links.setdefault(trust_id, []).append(role_id)
    roles = queries.roles.of(conn, (each for many in links.values() for each in many))
    return [
        {**row, "roles": by_name(roles[each] for each in links.get(row["id"], ()) if each in roles)}
        for row in rows
    ]


def usable_roles(conn: Connection, trust: Row) -> list[Row]:
    """The roles that count now: those of the trust, with what they imply, as far as the trustor
    still has them on the project; by name."""
    held = effective.roles(conn, trust["trustor_user_id"], "project", trust["project_id"])
    mine = set(expand((role["id"] for role in trust["roles"]), implications(conn)))
    return [role for role in held if role["id"] in mine]


def consume(conn: Connection, trust_id: str) -> bool:
    """Counts one use; whether there was one left."""
    table = tables.trusts
    left = table.c.remaining_uses
    statement = (
        sa.update(table)
        .where(table.c.id == trust_id, sa.or_(left.is_(None), left > 0))
        .values(remaining_uses=left - 1)
    )
    return conn.execute(statement).rowcount > 0
