"""Volume types, and which projects may use the private ones."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from novalite.context import RequestContext
from novalite.db.statements import any_of, insert_unless_there
from novalite.exception import NotFound
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, privileged
from novalite.volume.embedded.tables.types import (
    default_types,
    encryption_types,
    extra_specs,
    type_access,
    volume_types,
)

Row = dict[str, Any]
T = volume_types

DEFAULT_NAME = "__DEFAULT__"
DEFAULT_ID = "6f1c0bd6-7e6f-4d3c-9d0c-3d6a1b7f4c55"
"""Of the type that every cloud has, so that two processes make it once."""
IS_TRUE = "<is> True"


class VolumeTypeNotFound(NotFound):
    message = "Volume type {volume_type_id} could not be found."


class VolumeTypeNotFoundByName(VolumeTypeNotFound):
    message = "Volume type with name {volume_type_name} could not be found."


class Types:
    def __init__(self, core: Core) -> None:
        self.core = core

    def resolve(
        self, conn: Connection, context: RequestContext, name_or_id: str | None = None
    ) -> Row:
        """A type by its id or name; without one the default type of the caller's project.

        The row has, beside its columns, ``extra_specs`` (a dict), ``multiattach`` and
        ``encrypted``. Raises VolumeTypeNotFound also for a private type of others.
        """
        if name_or_id is None:
            return self.default(conn, context)
        condition = sa.or_(T.c.id == name_or_id, T.c.name == name_or_id)
        found = complete(
            conn, sa.select(T).where(condition, *usable(context)).order_by(T.c.id != name_or_id)
        )
        if not found:
            raise VolumeTypeNotFound(volume_type_id=name_or_id)
        return found[0]

    def default(self, conn: Connection, context: RequestContext) -> Row:
        """What the project chose, else the configured one, else ``__DEFAULT__``."""
        chosen = sa.select(default_types.c.volume_type_id).where(
            default_types.c.project_id == (context.project_id or "")
        )
        name = self.core.conf.embedded.volume_default_type
        found = complete(
            conn,
            sa.select(T)
            .where(sa.or_(T.c.id.in_(chosen), T.c.name == name))
            .order_by(T.c.name == name),
        )
        if not found:
            raise VolumeTypeNotFoundByName(volume_type_name=name)
        return found[0]

    def ensure_default(self) -> None:
        """Make the configured default type when it is not there, as each start does."""
        name = self.core.conf.embedded.volume_default_type

        def write(conn: Connection) -> None:
            there = set(
                conn.execute(
                    sa.select(T.c.id, T.c.name).where(
                        sa.or_(T.c.id == DEFAULT_ID, T.c.name == name)
                    )
                ).tuples()
            )
            if any(known == name for _, known in there):
                return
            values = {
                "id": rows.new_id() if there else DEFAULT_ID,
                "name": name,
                "description": "Default Volume Type",
                "is_public": True,
                "created_at": self.core.now(),
            }
            insert_unless_there(conn, T, values)

        self.core.database.run(write)


def usable(context: RequestContext) -> list[ColumnElement[bool]]:
    """Public types and those that the caller's project was given."""
    if privileged(context):
        return []
    return [sa.or_(T.c.is_public, given_to(context.project_id))]


def given_to(project_id: str | None) -> ColumnElement[bool]:
    given = sa.select(type_access.c.volume_type_id).where(
        type_access.c.project_id == (project_id or "")
    )
    return T.c.id.in_(given)


def complete(conn: Connection, query: sa.Select[Any]) -> list[Row]:
    """The types of ``query`` with what other tables say of them. Three statements."""
    found = [dict(row) for row in conn.execute(query).mappings()]
    if not found:
        return []
    ids = rows.ids_of(found)
    specs = rows.pairs_of(conn, extra_specs, extra_specs.c.volume_type_id, ids)
    column = encryption_types.c.volume_type_id
    encrypted = set(conn.scalars(sa.select(column).where(any_of(conn, column, ids))))
    for row in found:
        row["extra_specs"] = specs.get(row["id"], {})
        row["multiattach"] = row["extra_specs"].get("multiattach") == IS_TRUE
        row["encrypted"] = row["id"] in encrypted
    return found
