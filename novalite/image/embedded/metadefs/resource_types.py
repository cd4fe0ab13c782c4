"""Resource types, and to which of them a namespace applies."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import tables
from novalite.image.embedded.core import Core
from novalite.image.embedded.metadefs import common

Row = dict[str, Any]
Rows = list[Row]
_types = tables.metadef_resource_types.c
_targets = tables.metadef_targets.c


class ResourceTypes:
    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(self) -> Rows:
        with self.core.database.read() as conn:
            statement = sa.select(tables.metadef_resource_types).order_by(_types.name)
            return [dict(row) for row in conn.execute(statement).mappings()]

    def of(self, conn: Connection, namespace_ids: list[str]) -> Rows:
        statement = sa.select(tables.metadef_targets).where(
            _targets.namespace_id.in_(namespace_ids)
        )
        found = conn.execute(statement.order_by(_targets.resource_type)).mappings()
        return [dict(row) for row in found]

    def associations(self, context: RequestContext, namespace: str) -> Rows:
        """Raises NotFound."""
        with self.core.database.read() as conn:
            return self.of(conn, [common.namespace(self.core, conn, context, namespace)["id"]])

    def associate(self, context: RequestContext, namespace: str, values: Row) -> Row:
        """``values``: ``resource_type``, ``prefix``, ``properties_target``. A type that is not
        known becomes so. Raises NotFound, Conflict."""

        def work(conn: Connection) -> Row:
            found = common.namespace(self.core, conn, context, namespace)
            self.insert(conn, found, [values])
            kind = values["resource_type"]
            return next(row for row in self.of(conn, [found["id"]]) if row["resource_type"] == kind)

        row: Row = self.core.write(work)
        return row

    def insert(self, conn: Connection, namespace: Row, several: Rows) -> None:
        """Raises Conflict."""
        if not several:
            return
        now = self.core.now()
        times = {"created_at": now, "updated_at": now}
        names = [values["resource_type"] for values in several]
        self.ensure(conn, names)
        there = {row["resource_type"] for row in self.of(conn, [namespace["id"]])}
        twice = there.intersection(names)
        if twice or len(set(names)) != len(names):
            raise exception.Conflict(
                f"The metadata definition resource-type association of resource-type="
                f"{sorted(twice or names)[0]} to namespace={namespace['namespace']} already exists."
            )
        rows = [
            {"prefix": None, "properties_target": None, **values, **times}
            | {"namespace_id": namespace["id"]}
            for values in several
        ]
        conn.execute(sa.insert(tables.metadef_targets), rows)

    def ensure(self, conn: Connection, names: list[str], *, protected: bool = False) -> None:
        """Make those that are not there."""
        there = set(conn.execute(sa.select(_types.name).where(_types.name.in_(names))).scalars())
        now = self.core.now()
        rows = [
            {"name": name, "protected": protected, "created_at": now, "updated_at": now}
            for name in dict.fromkeys(names)
            if name not in there
        ]
        if rows:
            conn.execute(sa.insert(tables.metadef_resource_types), rows)

    def dissociate(self, context: RequestContext, namespace: str, name: str) -> None:
        """Raises NotFound."""

        def work(conn: Connection) -> None:
            found = common.namespace(self.core, conn, context, namespace)
            gone = sa.delete(tables.metadef_targets).where(
                _targets.namespace_id == found["id"], _targets.resource_type == name
            )
            if not conn.execute(gone).rowcount:
                raise exception.NotFound(
                    f"The metadata definition resource-type association of resource-type={name} "
                    f"to namespace={namespace}, was not found."
                )

        self.core.write(work)
