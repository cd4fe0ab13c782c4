"""Endpoint groups: filters that say which endpoints a project sees."""

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.endpoints import matches
from novalite.identity.embedded.rows import Row, delete, insert_missing, select


class EndpointGroups(Records):
    resource = queries.endpoint_groups

    def leave(self, conn: Connection, row: Row) -> None:
        delete(conn, tables.project_endpoint_groups, endpoint_group_id=row["id"])

    def endpoints_of(self, group_id: str) -> list[Row]:
        with self.core.read() as conn:
            filters = queries.endpoint_groups.get(conn, group_id)["filters"]
            return [row for row in queries.endpoints.list_(conn) if matches(row, filters)]

    def projects_of(self, group_id: str) -> list[Row]:
        with self.core.read() as conn:
            queries.endpoint_groups.get(conn, group_id)
            found = select(conn, tables.project_endpoint_groups, endpoint_group_id=group_id)
            return list(queries.projects.of(conn, (row["project_id"] for row in found)).values())

    def of_project(self, project_id: str) -> list[Row]:
        with self.core.read() as conn:
            queries.projects.get(conn, project_id)
            found = select(conn, tables.project_endpoint_groups, project_id=project_id)
            ids = [row["endpoint_group_id"] for row in found]
            return list(queries.endpoint_groups.of(conn, ids).values())

    def show_to(self, group_id: str, project_id: str) -> None:
        def work(conn: Connection) -> None:
            pair = self._pair(conn, group_id, project_id)
            insert_missing(conn, tables.project_endpoint_groups, [pair])

        self.core.write(work)

    def check_shown(self, group_id: str, project_id: str) -> None:
        """Raises NotFound."""
        with self.core.read() as conn:
            pair = self._pair(conn, group_id, project_id)
            if not select(conn, tables.project_endpoint_groups, **pair):
                raise _not_shown(group_id, project_id)

    def hide_from(self, group_id: str, project_id: str) -> None:
        def work(conn: Connection) -> None:
            pair = self._pair(conn, group_id, project_id)
            if not delete(conn, tables.project_endpoint_groups, **pair):
                raise _not_shown(group_id, project_id)

        self.core.write(work)

    def _pair(self, conn: Connection, group_id: str, project_id: str) -> Row:
        queries.endpoint_groups.get(conn, group_id)
        queries.projects.get(conn, project_id)
        return {"endpoint_group_id": group_id, "project_id": project_id}


def _not_shown(group_id: str, project_id: str) -> exception.NotFound:
    return exception.NotFound(f"Endpoint group {group_id} not found in project {project_id}.")
