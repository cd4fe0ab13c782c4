"""The endpoints of the catalog, and the projects that they are shown to."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, regions, tables
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rows import Row, delete, insert_missing, select


class Endpoints(Records):
    """``region`` among the values is the region's id, too, and makes the region."""

    resource = queries.endpoints

    def new(self, conn: Connection, values: Row) -> Row:
        return self._checked(conn, {"enabled": True, "region_id": None, **values})

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        return super().changes(conn, row, self._checked(conn, changes))

    def leave(self, conn: Connection, row: Row) -> None:
        delete(conn, tables.project_endpoints, endpoint_id=row["id"])

    def _checked(self, conn: Connection, values: Row) -> Row:
        row = dict(values)
        region = row.pop("region", None)
        if region and not row.get("region_id"):
            regions.ensure(conn, region)
            row["region_id"] = region
        if row.get("region_id") and queries.regions.find(conn, id=row["region_id"]) is None:
            raise exception.ValidationError(detail=f"Could not find region: {row['region_id']}.")
        if "service_id" in row and queries.services.find(conn, id=row["service_id"]) is None:
            raise exception.ValidationError(detail=f"Could not find service: {row['service_id']}.")
        return row

    # ---- endpoint filter ----

    def show_to(self, endpoint_id: str, project_id: str) -> None:
        """A project that endpoints are shown to sees those only."""

        def work(conn: Connection) -> None:
            self._both(conn, endpoint_id, project_id)
            row = {"project_id": project_id, "endpoint_id": endpoint_id}
            insert_missing(conn, tables.project_endpoints, [row])

        self.core.write(work)

    def check_shown(self, endpoint_id: str, project_id: str) -> None:
        """Raises NotFound."""
        pair = {"project_id": project_id, "endpoint_id": endpoint_id}
        with self.core.read() as conn:
            self._both(conn, endpoint_id, project_id)
            if not select(conn, tables.project_endpoints, **pair):
                raise _not_shown(endpoint_id, project_id)

    def hide_from(self, endpoint_id: str, project_id: str) -> None:
        pair = {"project_id": project_id, "endpoint_id": endpoint_id}

        def work(conn: Connection) -> None:
            self._both(conn, endpoint_id, project_id)
            if not delete(conn, tables.project_endpoints, **pair):
                raise _not_shown(endpoint_id, project_id)

        self.core.write(work)

    def projects_of(self, endpoint_id: str) -> list[Row]:
        with self.core.read() as conn:
            queries.endpoints.get(conn, endpoint_id)
            found = select(conn, tables.project_endpoints, endpoint_id=endpoint_id)
            return list(queries.projects.of(conn, (row["project_id"] for row in found)).values())

    def of_project(self, project_id: str) -> list[Row]:
        """Those that are shown to this project, one by one or by an endpoint group."""
        with self.core.read() as conn:
            queries.projects.get(conn, project_id)
            wanted = shown_to(conn, project_id)
            return [row for row in queries.endpoints.list_(conn) if row["id"] in (wanted or ())]

    def _both(self, conn: Connection, endpoint_id: str, project_id: str) -> None:
        queries.endpoints.get(conn, endpoint_id)
        queries.projects.get(conn, project_id)


def shown_to(conn: Connection, project_id: str) -> set[str] | None:
    """Ids of the endpoints that the project sees; None: all."""
    ids = {
        row["endpoint_id"] for row in select(conn, tables.project_endpoints, project_id=project_id)
    }
    table, link = tables.endpoint_groups, tables.project_endpoint_groups
    statement = (
        sa.select(table.c.filters)
        .join(link, link.c.endpoint_group_id == table.c.id)
        .where(link.c.project_id == project_id)
    )
    groups = list(conn.execute(statement).scalars())
    if not ids and not groups:
        return None
    if groups:
        for row in queries.endpoints.list_(conn):
            if any(matches(row, filters) for filters in groups):
                ids.add(row["id"])
    return ids


def matches(endpoint: Row, filters: Row) -> bool:
    return all(endpoint.get(name) == value for name, value in filters.items())


def _not_shown(endpoint_id: str, project_id: str) -> exception.NotFound:
    return exception.NotFound(f"Endpoint {endpoint_id} not found in project {project_id}.")
