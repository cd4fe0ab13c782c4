"""The volume type of a project's volumes for which none is named."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import NotFound
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.types import default_types as T
from novalite.volume.embedded.types import Types

RULE = "volume_extension:default_"


class DefaultTypes:
    def __init__(self, core: Core, types: Types) -> None:
        self.core = core
        self.types = types

    def list_(self, context: RequestContext) -> list[Row]:
        self.core.authorize(context, RULE + "get_all")
        with self.core.database.read() as conn:
            query = sa.select(T).order_by(T.c.project_id)
            return [dict(row) for row in conn.execute(query).mappings()]

    def show(self, context: RequestContext, project_id: str) -> Row:
        self.core.authorize(context, RULE + "get")
        with self.core.database.read() as conn:
            found = conn.execute(sa.select(T).where(T.c.project_id == project_id)).mappings()
            row = found.first()
        if row is None:
            raise NotFound(f"Default type for project {project_id} not found.")
        return dict(row)

    def set_(self, context: RequestContext, project_id: str, name_or_id: str) -> Row:
        self.core.authorize(context, RULE + "set_or_update")

        def write(conn: Connection) -> Row:
            chosen = self.types.resolve(conn, context, name_or_id)
            row = {"project_id": project_id, "volume_type_id": chosen["id"]}
            rows.delete(conn, T, T.c.project_id == project_id)
            rows.insert(conn, T, row)
            return row

        return self.core.database.run(write)

    def unset(self, context: RequestContext, project_id: str) -> None:
        """Unsetting what is not set is not an error."""
        self.core.authorize(context, RULE + "unset")
        self.core.database.run(lambda conn: rows.delete(conn, T, T.c.project_id == project_id))
