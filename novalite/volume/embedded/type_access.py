"""Which projects may use a private volume type."""

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import insert_unless_there
from novalite.exception import Conflict, NotFound
from novalite.volume.embedded import rows, types
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.types import type_access as T


class AccessExists(Conflict):
    message = "Volume type access for {volume_type_id} / {project_id} combination already exists."


class AccessNotFound(NotFound):
    message = "Volume type access not found for {volume_type_id} / {project_id} combination."


class TypeAccess:
    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(self, context: RequestContext, type_id: str) -> list[Row]:
        self.core.authorize(context, "volume_extension:volume_type_access:get_all_for_type")
        with self.core.database.read() as conn:
            if types.get(conn, self.core, context, type_id)["is_public"]:
                raise NotFound("Access list not available for public volume types.")
            query = T.select().where(T.c.volume_type_id == type_id).order_by(T.c.project_id)
            return [dict(row) for row in conn.execute(query).mappings()]

    def add(self, context: RequestContext, type_id: str, project_id: str) -> None:
        """Raises AccessExists."""
        self.core.authorize(context, "volume_extension:volume_type_access:addProjectAccess")

        def write(conn: Connection) -> None:
            self._private(conn, context, type_id)
            values = {"volume_type_id": type_id, "project_id": project_id}
            if not insert_unless_there(conn, T, values):
                raise AccessExists(**values)

        self.core.database.run(write)

    def remove(self, context: RequestContext, type_id: str, project_id: str) -> None:
        """Raises AccessNotFound."""
        self.core.authorize(context, "volume_extension:volume_type_access:removeProjectAccess")

        def write(conn: Connection) -> None:
            self._private(conn, context, type_id)
            same = (T.c.volume_type_id == type_id, T.c.project_id == project_id)
            if not rows.delete(conn, T, *same):
                raise AccessNotFound(volume_type_id=type_id, project_id=project_id)

        self.core.database.run(write)

    def _private(self, conn: Connection, context: RequestContext, type_id: str) -> None:
        if types.get(conn, self.core, context, type_id)["is_public"]:
            raise Conflict("Type access modification is not applicable to public volume type.")
