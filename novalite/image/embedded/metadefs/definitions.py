"""What a namespace holds: objects, properties, tags. All alike: found by their names."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import tables
from novalite.image.embedded.core import Core
from novalite.image.embedded.metadefs import common

Row = dict[str, Any]
Rows = list[Row]


class Definitions:
    """Rows have ``name``, the columns of the kind, ``created_at`` and ``updated_at``.

    Reading raises NotFound; writing also Conflict.
    """

    kind: ClassVar[str]
    table: ClassVar[Table]

    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(self, context: RequestContext, namespace: str) -> Rows:
        with self.core.database.read() as conn:
            return self.of(conn, [common.namespace(self.core, conn, context, namespace)["id"]])

    def of(self, conn: Connection, namespace_ids: list[str]) -> Rows:
        columns = self.table.c
        statement = sa.select(self.table).where(columns.namespace_id.in_(namespace_ids))
        found = conn.execute(statement.order_by(columns.created_at, columns.name)).mappings()
        return [dict(row) for row in found]

    def show(self, context: RequestContext, namespace: str, name: str) -> Row:
        with self.core.database.read() as conn:
            return self._one(conn, common.namespace(self.core, conn, context, namespace), name)

    def _one(self, conn: Connection, namespace: Row, name: str) -> Row:
        columns = self.table.c
        statement = sa.select(self.table).where(
            columns.namespace_id == namespace["id"], columns.name == name
        )
        row = conn.execute(statement).mappings().first()
        if row is None:
            raise exception.NotFound(
                f"The metadata definition {self.kind} with name={name} was not found in "
                f"namespace={namespace['namespace']}."
            )
        return dict(row)

    def create(self, context: RequestContext, namespace: str, values: Row) -> Row:
        def work(conn: Connection) -> Row:
            found = common.namespace(self.core, conn, context, namespace)
            self.insert(conn, found, [values])
            return self._one(conn, found, values["name"])

        row: Row = self.core.write(work)
        return row

    def insert(self, conn: Connection, namespace: Row, several: Rows) -> None:
        """Raises Conflict."""
        if not several:
            return
        columns, names = self.table.c, [values["name"] for values in several]
        taken = conn.execute(
            sa.select(columns.name).where(
                columns.namespace_id == namespace["id"], columns.name.in_(names)
            )
        ).first()
        if taken is not None or len(set(names)) != len(names):
            name = taken[0] if taken is not None else names[0]
            raise exception.Conflict(
                f"A metadata definition {self.kind} with name={name} already exists in "
                f"namespace={namespace['namespace']}."
            )
        now = self.core.now()
        times = {"created_at": now, "updated_at": now}
        rows = [{**values, "namespace_id": namespace["id"], **times} for values in several]
        conn.execute(sa.insert(self.table), rows)

    def replace(self, context: RequestContext, namespace: str, several: Rows, append: bool) -> Rows:
        """These instead of all that there were, or besides them."""

        def work(conn: Connection) -> Rows:
            found = common.namespace(self.core, conn, context, namespace)
            if not append:
                conn.execute(sa.delete(self.table).where(self.table.c.namespace_id == found["id"]))
            self.insert(conn, found, several)
            return self.of(conn, [found["id"]])

        rows: Rows = self.core.write(work)
        return rows

    def update(self, context: RequestContext, namespace: str, name: str, values: Row) -> Row:
        def work(conn: Connection) -> Row:
            found = common.namespace(self.core, conn, context, namespace)
            self._one(conn, found, name)
            columns = self.table.c
            wanted = values.get("name", name)
            if wanted != name:
                taken = sa.select(columns.name).where(
                    columns.namespace_id == found["id"], columns.name == wanted
                )
                if conn.execute(taken).first() is not None:
                    raise exception.Conflict(
                        f"A metadata definition {self.kind} with name={wanted} already exists in "
                        f"namespace={namespace}."
                    )
            statement = sa.update(self.table).where(
                columns.namespace_id == found["id"], columns.name == name
            )
            conn.execute(statement.values(**values, updated_at=self.core.now()))
            return self._one(conn, found, wanted)

        row: Row = self.core.write(work)
        return row

    def delete(self, context: RequestContext, namespace: str, name: str | None) -> None:
        """One, or all."""

        def work(conn: Connection) -> None:
            found = common.namespace(self.core, conn, context, namespace)
            statement = sa.delete(self.table).where(self.table.c.namespace_id == found["id"])
            if name is not None:
                self._one(conn, found, name)
                statement = statement.where(self.table.c.name == name)
            conn.execute(statement)

        self.core.write(work)


class Objects(Definitions):
    kind = "object"
    table = tables.metadef_objects


class Properties(Definitions):
    kind = "property"
    table = tables.metadef_properties


class Tags(Definitions):
    kind = "tag"
    table = tables.metadef_tags
