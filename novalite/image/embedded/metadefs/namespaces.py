"""Namespaces of metadata definitions."""

import dataclasses
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import tables
from novalite.image.embedded.core import Core
from novalite.image.embedded.metadefs import common
from novalite.image.embedded.metadefs.definitions import Objects, Properties, Tags
from novalite.image.embedded.metadefs.resource_types import ResourceTypes

Row = dict[str, Any]
Rows = list[Row]
_columns = tables.metadef_namespaces.c
_targets = tables.metadef_targets.c


@dataclasses.dataclass(slots=True)
class Whole:
    """A namespace with all that is in it."""

    namespace: Row
    targets: Rows
    objects: Rows = dataclasses.field(default_factory=list)
    properties: Rows = dataclasses.field(default_factory=list)
    tags: Rows = dataclasses.field(default_factory=list)


Wholes = list[Whole]


class Namespaces:
    def __init__(
        self,
        core: Core,
        resource_types: ResourceTypes,
        objects: Objects,
        properties: Properties,
        tags: Tags,
    ) -> None:
        self.core = core
        self.resource_types = resource_types
        self.parts: dict[str, Objects | Properties | Tags] = {
            "objects": objects,
            "properties": properties,
            "tags": tags,
        }

    def list_(
        self,
        context: RequestContext,
        visibility: str | None,
        resource_types: list[str],
        sort: tuple[str, str],
        limit: int,
        marker: str | None,
    ) -> Wholes:
        """With their targets. Raises MarkerNotFound."""
        statement = sa.select(tables.metadef_namespaces).where(common.visible(self.core, context))
        if visibility is not None:
            statement = statement.where(_columns.visibility == visibility)
        if resource_types:
            of_type = sa.exists().where(
                _targets.namespace_id == _columns.id, _targets.resource_type.in_(resource_types)
            )
            statement = statement.where(of_type)
        key, rising = _columns[sort[0]], sort[1] == "asc"
        with self.core.database.read() as conn:
            if marker is not None:
                mark = conn.execute(
                    sa.select(key, _columns.id).where(
                        _columns.namespace == marker, common.visible(self.core, context)
                    )
                ).first()
                if mark is None:
                    raise exception.MarkerNotFound(marker=marker)
                behind = key > mark[0] if rising else key < mark[0]
                tie = _columns.id > mark[1] if rising else _columns.id < mark[1]
                statement = statement.where(sa.or_(behind, sa.and_(key == mark[0], tie)))
            for column in (key, _columns.id):
                statement = statement.order_by(column.asc() if rising else column.desc())
            rows = [dict(row) for row in conn.execute(statement.limit(limit)).mappings()]
            targets = self.resource_types.of(conn, [row["id"] for row in rows])
        return [
            Whole(row, [one for one in targets if one["namespace_id"] == row["id"]]) for row in rows
        ]

    def show(self, context: RequestContext, name: str) -> Whole:
        """Raises NotFound."""
        with self.core.database.read() as conn:
            return self._whole(conn, common.namespace(self.core, conn, context, name))

    def _whole(self, conn: Connection, row: Row) -> Whole:
        ids = [row["id"]]
        parts = {name: part.of(conn, ids) for name, part in self.parts.items()}
        return Whole(row, self.resource_types.of(conn, ids), **parts)

    def create(self, context: RequestContext, values: Row, contents: dict[str, Rows]) -> Whole:
        """``contents``: rows of ``targets``, ``objects``, ``properties``, ``tags``. Raises
        Conflict."""
        owner = values.get("owner") or context.project_id or ""
        whole: Whole = self.core.write(
            lambda conn: self.insert(conn, {**values, "owner": owner}, contents)
        )
        return whole

    def insert(self, conn: Connection, values: Row, contents: dict[str, Rows]) -> Whole:
        """Raises Conflict."""
        self._require_free(conn, values["namespace"])
        now = self.core.now()
        row = {
            "id": str(uuid.uuid4()),
            "display_name": None,
            "description": None,
            "visibility": "private",
            "protected": False,
            **values,
            "created_at": now,
            "updated_at": now,
        }
        conn.execute(sa.insert(tables.metadef_namespaces), row)
        self.resource_types.insert(conn, row, contents.get("targets", []))
        for name, part in self.parts.items():
            part.insert(conn, row, contents.get(name, []))
        return self._whole(conn, row)

    @staticmethod
    def _require_free(conn: Connection, name: str) -> None:
        taken = sa.select(_columns.id).where(_columns.namespace == name)
        if conn.execute(taken).first() is not None:
            raise exception.Conflict(f"The metadata definition namespace={name} already exists.")

    def update(self, context: RequestContext, name: str, values: Row) -> Whole:
        """Raises NotFound, Conflict for a name that is taken."""

        def work(conn: Connection) -> Whole:
            row = common.namespace(self.core, conn, context, name)
            if values.get("namespace", name) != name:
                self._require_free(conn, values["namespace"])
            changes = {**values, "updated_at": self.core.now()}
            conn.execute(
                sa.update(tables.metadef_namespaces)
                .where(_columns.id == row["id"])
                .values(**changes)
            )
            return self._whole(conn, {**row, **changes})

        whole: Whole = self.core.write(work)
        return whole

    def delete(self, context: RequestContext, name: str) -> None:
        """With all that is in it. Raises NotFound, Forbidden for a protected one."""

        def work(conn: Connection) -> None:
            row = common.namespace(self.core, conn, context, name)
            if row["protected"]:
                raise exception.Forbidden(
                    f"Metadata definition namespace {name} is protected and cannot be deleted."
                )
            for part in self.parts.values():
                conn.execute(sa.delete(part.table).where(part.table.c.namespace_id == row["id"]))
            conn.execute(
                sa.delete(tables.metadef_targets).where(_targets.namespace_id == row["id"])
            )
            conn.execute(sa.delete(tables.metadef_namespaces).where(_columns.id == row["id"]))

        self.core.write(work)
