"""Volume types."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from novalite import exception
from novalite.context import RequestContext
from novalite.db.engine import DuplicateKey
from novalite.db.statements import any_of, insert_unless_there
from novalite.exception import Conflict, Invalid
from novalite.volume.embedded import quota_names, rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.tables.groups import group_volume_types
from novalite.volume.embedded.tables.types import (
    default_types,
    encryption_types,
    extra_specs,
    type_access,
    volume_types,
)
from novalite.volume.embedded.tables.volumes import volumes

T = volume_types
OWNER = extra_specs.c.volume_type_id

DEFAULT_NAME = "__DEFAULT__"
DEFAULT_ID = "6f1c0bd6-7e6f-4d3c-9d0c-3d6a1b7f4c55"
"""Of the type that every cloud has, so that two processes make it once."""
IS_TRUE = "<is> True"
LISTING = Listing(
    T,
    {name: T.c[name] for name in ("id", "name", "is_public", "created_at", "updated_at")},
    frozenset(),
)


class VolumeTypeNotFound(exception.VolumeTypeNotFound):
    message = "Volume type {volume_type_id} could not be found."


class VolumeTypeNotFoundByName(VolumeTypeNotFound):
    message = "Volume type with name {volume_type_name} could not be found."


class VolumeTypeExists(Conflict):
    message = "Volume Type {id} already exists."


class VolumeTypeInUse(Invalid):
    message = "Target volume type is still in use."


class DefaultTypeDeletion(Invalid):
    message = "The volume type {volume_type_id} is a default volume type and cannot be deleted."


class Types:
    def __init__(self, core: Core) -> None:
        self.core = core

    # ---- for the other resources ----

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
            conn,
            sa.select(T)
            .where(condition, *usable(self.core, context))
            .order_by(T.c.id != name_or_id),
        )
        if not found:
            raise VolumeTypeNotFound(volume_type_id=name_or_id)
        return found[0]

    def default(self, conn: Connection, context: RequestContext) -> Row:
        """What the project chose, else the configured one, else ``__DEFAULT__``."""
        chosen = sa.select(default_types.c.volume_type_id).where(
            default_types.c.project_id == (context.project_id or "")
        )
        name = self.default_name
        found = complete(
            conn,
            sa.select(T)
            .where(sa.or_(T.c.id.in_(chosen), T.c.name == name))
            .order_by(sa.case((T.c.id.in_(chosen), 0), else_=1)),
        )
        if not found:
            raise VolumeTypeNotFoundByName(volume_type_name=name)
        return found[0]

    @property
    def default_name(self) -> str:
        return str(self.core.conf.embedded.volume_default_type)

    def ensure_default(self) -> None:
        """Make the configured default type when it is not there, as each start does."""
        name = self.default_name

        def write(conn: Connection) -> None:
            condition = sa.or_(T.c.id == DEFAULT_ID, T.c.name == name)
            there = conn.execute(sa.select(T.c.name).where(condition)).scalars().all()
            if name in there:
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

    # ---- the API ----

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], query: Query | None = None
    ) -> list[Row]:
        """``filters``: ``is_public`` (None: both), ``name``, ``extra_specs`` (a dict)."""
        conditions: list[ColumnElement[bool]] = []
        if filters.get("is_public") is not None:
            conditions.append(visible_as(context, filters["is_public"]))
        if filters.get("name"):
            conditions.append(T.c.name == filters["name"])
        for key, value in (filters.get("extra_specs") or {}).items():
            same = sa.and_(extra_specs.c.key == key, extra_specs.c.value == value)
            conditions.append(T.c.id.in_(sa.select(OWNER).where(same)))
        with self.core.database.read() as conn:
            found = LISTING.run(conn, conditions, query or Query())
            return _with_specs(conn, found)

    def show(self, context: RequestContext, type_id: str) -> Row:
        with self.core.database.read() as conn:
            if type_id == "default":
                return self.default(conn, context)
            return get(conn, self.core, context, type_id)

    def create(self, context: RequestContext, body: Row) -> Row:
        self.core.authorize(context, "volume_extension:type_create")
        values: Row = {
            "id": rows.new_id(),
            "name": checked_name(body["name"]),
            "description": body.get("description"),
            "is_public": rows.boolean_of(
                body.get("os-volume-type-access:is_public", True), "is_public"
            ),
            "created_at": self.core.now(),
        }

        def write(conn: Connection) -> Row:
            rows.insert(conn, T, values)
            specs = body.get("extra_specs") or {}
            rows.insert_pairs(conn, extra_specs, OWNER, values["id"], specs)
            return get(conn, self.core, context, values["id"])

        try:
            return self.core.database.run(write)
        except DuplicateKey:
            raise VolumeTypeExists(id=values["name"]) from None

    def update(self, context: RequestContext, type_id: str, body: Row) -> Row:
        self.core.authorize(context, "volume_extension:type_update")
        changes: Row = {}
        if body.get("name") is not None:
            changes["name"] = checked_name(body["name"])
        if body.get("description") is not None:
            changes["description"] = body["description"]
        if body.get("is_public") is not None:
            changes["is_public"] = rows.boolean_of(body["is_public"], "is_public")
        if not changes:
            raise Invalid(
                "Specify volume type name, description, is_public or a combination thereof."
            )

        def write(conn: Connection) -> Row:
            before = get(conn, self.core, context, type_id)
            rows.update(conn, T, type_id, changes, self.core.now())
            if changes.get("name", before["name"]) != before["name"]:
                quota_names.rename(conn, before["name"], changes["name"])
            return get(conn, self.core, context, type_id)

        try:
            return self.core.database.run(write)
        except DuplicateKey:
            raise VolumeTypeExists(id=changes["name"]) from None

    def delete(self, context: RequestContext, type_id: str) -> None:
        """Raises VolumeTypeInUse, DefaultTypeDeletion."""
        self.core.authorize(context, "volume_extension:type_delete")

        def write(conn: Connection) -> None:
            row = get(conn, self.core, context, type_id)
            chosen = rows.count(conn, default_types, default_types.c.volume_type_id == type_id)
            if row["name"] == self.default_name or chosen:
                raise DefaultTypeDeletion(volume_type_id=type_id)
            if in_use(conn, type_id) or rows.count(
                conn, group_volume_types, group_volume_types.c.volume_type_id == type_id
            ):
                raise VolumeTypeInUse()
            for table in (extra_specs, encryption_types, type_access):
                rows.delete(conn, table, table.c.volume_type_id == type_id)
            quota_names.forget(conn, row["name"])
            rows.delete(conn, T, T.c.id == type_id)

        self.core.database.run(write)


def get(conn: Connection, core: Core, context: RequestContext, type_id: str) -> Row:
    """By its id only. Raises VolumeTypeNotFound also for a private type of others."""
    found = complete(conn, sa.select(T).where(T.c.id == type_id, *usable(core, context)))
    if not found:
        raise VolumeTypeNotFound(volume_type_id=type_id)
    return found[0]


def in_use(conn: Connection, type_id: str) -> bool:
    return rows.count(conn, volumes, volumes.c.volume_type_id == type_id) > 0


def usable(core: Core, context: RequestContext) -> list[ColumnElement[bool]]:
    """Public types and those that the caller's project was given."""
    if core.sees_all(context):
        return []
    return [sa.or_(T.c.is_public, given_to(context.project_id))]


def visible_as(context: RequestContext, public: bool) -> ColumnElement[bool]:
    """Among the public types are those that the project was given."""
    same = T.c.is_public == sa.literal(public)
    return sa.or_(same, given_to(context.project_id)) if public else same


def given_to(project_id: str | None) -> ColumnElement[bool]:
    given = sa.select(type_access.c.volume_type_id).where(
        type_access.c.project_id == (project_id or "")
    )
    return T.c.id.in_(given)


def complete(conn: Connection, query: sa.Select[Any]) -> list[Row]:
    """The types of ``query`` with what other tables say of them. Three statements."""
    return _with_specs(conn, [dict(row) for row in conn.execute(query).mappings()])


def _with_specs(conn: Connection, found: list[Row]) -> list[Row]:
    if not found:
        return []
    ids = rows.ids_of(found)
    specs = rows.pairs_of(conn, extra_specs, OWNER, ids)
    column = encryption_types.c.volume_type_id
    encrypted = set(conn.scalars(sa.select(column).where(any_of(conn, column, ids))))
    for row in found:
        row["extra_specs"] = specs.get(row["id"], {})
        row["multiattach"] = row["extra_specs"].get("multiattach") == IS_TRUE
        row["encrypted"] = row["id"] in encrypted
    return found


def checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped:
        raise Invalid("Volume type name can not be empty.")
    return stripped
