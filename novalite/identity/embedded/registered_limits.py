"""Registered limits: the default of a resource of a service, in a region or in all."""

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rows import Row

_KEY = ("service_id", "region_id", "resource_name")


class RegisteredLimits(Records):
    """``region_id`` "" stands for all regions."""

    resource = queries.registered_limits

    def create_many(self, several: list[Row]) -> list[Row]:
        """All or none."""

        def work(conn: Connection) -> list[Row]:
            return [
                queries.registered_limits.create(conn, self.new(conn, values)) for values in several
            ]

        return self.core.write(work)

    def new(self, conn: Connection, values: Row) -> Row:
        row = {"description": None, **values, "region_id": values.get("region_id") or ""}
        self._check(conn, row)
        return row

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        """Raises Forbidden when limits refer to it and it would mean another resource."""
        if "region_id" in changes:
            changes["region_id"] = changes["region_id"] or ""
        made = {**row, **changes}
        if any(made[name] != row[name] for name in _KEY):
            self._must_be_unused(conn, row)
            self._check(conn, made)
        return changes

    def leave(self, conn: Connection, row: Row) -> None:
        self._must_be_unused(conn, row)

    def _must_be_unused(self, conn: Connection, row: Row) -> None:
        if queries.limits.find(conn, registered_limit_id=row["id"]) is not None:
            raise exception.Forbidden(
                f"Unable to update or delete registered limit {row['id']} because there are "
                "project limits associated with it."
            )

    def _check(self, conn: Connection, row: Row) -> None:
        if queries.services.find(conn, id=row["service_id"]) is None:
            raise exception.ValidationError(detail=f"Could not find service: {row['service_id']}.")
        if row["region_id"] and queries.regions.find(conn, id=row["region_id"]) is None:
            raise exception.ValidationError(detail=f"Could not find region: {row['region_id']}.")
        taken = queries.registered_limits.find(conn, **{name: row[name] for name in _KEY})
        if taken is not None and taken["id"] != row.get("id"):
            raise exception.Conflict(
                "Conflict occurred attempting to store registered_limit - Duplicate entry found "
                f"for {row['resource_name']}."
            )
