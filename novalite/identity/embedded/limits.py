"""Limits of projects and domains, in place of the registered defaults. The model is flat: a
project's limit is not bound by those of the projects above it."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rows import Condition, Row

MODEL = {
    "name": "flat",
    "description": "Limit enforcement and validation does not take project hierarchy into "
    "consideration.",
}
_OF_DEFAULT = ("service_id", "region_id", "resource_name")


class Limits(Records):
    """A row shows ``service_id``, ``region_id`` and ``resource_name`` of its registered limit;
    ``project_id`` or ``domain_id`` is ""."""

    resource = queries.limits

    def create_many(self, several: list[Row]) -> list[Row]:
        """All or none."""

        def work(conn: Connection) -> list[Row]:
            rows = [queries.limits.create(conn, self.new(conn, values)) for values in several]
            return self.dress(conn, rows)

        return self.core.write(work)

    def conditions(self, filters: Row) -> list[Condition]:
        default = tables.registered_limits
        found = [
            tables.limits.c.registered_limit_id.in_(
                sa.select(default.c.id).where(default.c[name] == filters.pop(name))
            )
            for name in _OF_DEFAULT
            if name in filters
        ]
        return [*found, *super().conditions(filters)]

    def dress(self, conn: Connection, rows: list[Row]) -> list[Row]:
        known = queries.registered_limits.of(conn, (row["registered_limit_id"] for row in rows))
        return [
            {**row, **{name: known[row["registered_limit_id"]][name] for name in _OF_DEFAULT}}
            for row in rows
            if row["registered_limit_id"] in known
        ]

    def new(self, conn: Connection, values: Row) -> Row:
        """Raises Forbidden when there is no default for such a resource."""
        project_id, domain_id = values.get("project_id") or "", values.get("domain_id") or ""
        if project_id and queries.projects.find(conn, id=project_id) is None:
            raise exception.ValidationError(detail=f"Could not find project: {project_id}.")
        if domain_id and queries.domains.find(conn, id=domain_id) is None:
            raise exception.ValidationError(detail=f"Could not find domain: {domain_id}.")
        default = queries.registered_limits.find(
            conn,
            service_id=values["service_id"],
            region_id=values.get("region_id") or "",
            resource_name=values["resource_name"],
        )
        if default is None:
            raise exception.Forbidden(
                "Unable to create a limit that has no corresponding registered limit."
            )
        row = {
            "registered_limit_id": default["id"],
            "project_id": project_id,
            "domain_id": domain_id,
            "resource_limit": values["resource_limit"],
            "description": values.get("description"),
        }
        same = {k: row[k] for k in ("registered_limit_id", "project_id", "domain_id")}
        if queries.limits.find(conn, **same) is not None:
            raise exception.Conflict(
                "Conflict occurred attempting to store limit - Duplicate entry found for "
                f"{values['resource_name']}."
            )
        return row
