"""Domains."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import projects, queries, tables
from novalite.identity.embedded.cleanup import (
    forget_group,
    forget_project,
    forget_role,
    forget_user,
)
from novalite.identity.embedded.core import Records, must_be_mutable, name_is_free
from novalite.identity.embedded.rows import Row, delete


class Domains(Records):
    resource = queries.domains

    def dress(self, conn: Connection, rows: list[Row]) -> list[Row]:
        return projects.with_tags(conn, rows)

    def dressed(self, rows: list[Row]) -> list[Row]:
        """Rows of domains that came from elsewhere, with their tags."""
        with self.core.read() as conn:
            return self.dress(conn, rows)

    def create(self, values: Row) -> Row:
        tags = values.get("tags")
        rest = {k: v for k, v in values.items() if k != "tags"}

        def work(conn: Connection) -> Row:
            row = {"enabled": True, "description": "", **rest}
            name_is_free(conn, queries.domains, row)
            made = queries.domains.create(conn, row)
            if tags:
                projects.set_tags(conn, made["id"], tags)
            return self.dress(conn, [made])[0]

        return self.core.write(work)

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        """Disabling ends the tokens of the domain's users and projects."""
        must_be_mutable("domain", row, changes)
        if changes.get("name", row["name"]) != row["name"]:
            name_is_free(conn, queries.domains, {**row, **changes})
        if changes.get("enabled") is False:
            for table in (tables.users, tables.projects):
                conn.execute(
                    sa.update(table)
                    .where(table.c.domain_id == row["id"])
                    .values(tokens_valid_after=self.core.now())
                )
        tags = changes.pop("tags", None)
        if tags is not None:
            projects.set_tags(conn, row["id"], tags)
        return super().changes(conn, row, changes)

    def leave(self, conn: Connection, row: Row) -> None:
        """With all its users, groups, projects and roles. Raises Forbidden while it is enabled."""
        must_be_mutable("domain", row)
        if row["enabled"]:
            raise exception.Forbidden(
                "Cannot delete a domain that is enabled, please disable it first."
            )
        domain_id = row["id"]
        for resource, forget in (
            (queries.users, forget_user),
            (queries.groups, forget_group),
            (queries.projects, forget_project),
            (queries.roles, forget_role),
        ):
            for each in resource.list_(conn, domain_id=domain_id):
                forget(conn, each["id"])
                resource.destroy(conn, each["id"])
        delete(conn, tables.grants, target_kind="domain", target_id=domain_id)
        delete(conn, tables.limits, domain_id=domain_id)
        delete(conn, tables.project_tags, project_id=domain_id)
        delete(conn, tables.domain_configs, domain_id=domain_id)
