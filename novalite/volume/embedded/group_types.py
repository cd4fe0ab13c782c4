"""Types of groups, with specs as volume types have them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import DuplicateKey
from novalite.exception import Conflict, Invalid, NotFound
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.rows import Condition
from novalite.volume.embedded.tables.groups import group_specs as S
from novalite.volume.embedded.tables.groups import group_types as T
from novalite.volume.embedded.tables.groups import groups

LISTING = Listing(
    T,
    {name: T.c[name] for name in ("id", "name", "is_public", "created_at", "updated_at")},
    frozenset(),
)


class GroupTypeNotFound(NotFound):
    message = "Group type {group_type_id} could not be found."


class GroupTypeExists(Conflict):
    message = "Group Type {id} already exists."


class GroupTypeInUse(Invalid):
    message = "Target group type with id {group_type_id} is still in use."


class GroupSpecNotFound(NotFound):
    message = "Group Type {group_type_id} has no specs with key {key}."


class GroupTypes:
    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(
        self, context: RequestContext, public: bool | None, query: Query | None = None
    ) -> list[Row]:
        """``public`` None: both kinds."""
        conditions: list[Condition] = _usable(self.core, context)
        if public is not None:
            conditions.append(T.c.is_public == sa.literal(public))
        with self.core.database.read() as conn:
            return _complete(conn, LISTING.run(conn, conditions, query or Query()))

    def show(self, context: RequestContext, type_id: str) -> Row:
        """There is no default group type here: ``default`` is not found."""
        with self.core.database.read() as conn:
            return get(conn, self.core, context, type_id)

    def create(self, context: RequestContext, body: Row) -> Row:
        self.core.authorize(context, "group:group_types:create")
        row: Row = {
            "id": rows.new_id(),
            "name": _checked(body["name"]),
            "description": body.get("description"),
            "is_public": rows.boolean_of(body.get("is_public", True), "is_public"),
            "created_at": self.core.now(),
        }

        def write(conn: Connection) -> Row:
            rows.insert(conn, T, row)
            specs = body.get("group_specs") or {}
            rows.insert_pairs(conn, S, S.c.group_type_id, row["id"], specs)
            return get(conn, self.core, context, row["id"])

        try:
            return self.core.database.run(write)
        except DuplicateKey:
            raise GroupTypeExists(id=row["name"]) from None

    def update(self, context: RequestContext, type_id: str, body: Row) -> Row:
        self.core.authorize(context, "group:group_types:update")
        changes: Row = {}
        if body.get("name") is not None:
            changes["name"] = _checked(body["name"])
        if body.get("description") is not None:
            changes["description"] = body["description"]
        if body.get("is_public") is not None:
            changes["is_public"] = rows.boolean_of(body["is_public"], "is_public")
        if not changes:
            raise Invalid("Specify group type name, description or a combination thereof.")

        def write(conn: Connection) -> Row:
            get(conn, self.core, context, type_id)
            rows.update(conn, T, type_id, changes, self.core.now())
            return get(conn, self.core, context, type_id)

        try:
            return self.core.database.run(write)
        except DuplicateKey:
            raise GroupTypeExists(id=changes["name"]) from None

    def delete(self, context: RequestContext, type_id: str) -> None:
        """Raises GroupTypeInUse."""
        self.core.authorize(context, "group:group_types:delete")

        def write(conn: Connection) -> None:
            get(conn, self.core, context, type_id)
            if rows.count(conn, groups, groups.c.group_type_id == type_id):
                raise GroupTypeInUse(group_type_id=type_id)
            rows.delete(conn, S, S.c.group_type_id == type_id)
            rows.delete(conn, T, T.c.id == type_id)

        self.core.database.run(write)

    # ---- specs ----

    def specs(self, context: RequestContext, type_id: str) -> dict[str, str]:
        self.core.authorize(context, "group:group_types_specs:get_all")
        specs: dict[str, str] = self.show(context, type_id)["group_specs"]
        return specs

    def spec(self, context: RequestContext, type_id: str, key: str) -> dict[str, str]:
        found = self.specs(context, type_id)
        if key not in found:
            raise GroupSpecNotFound(group_type_id=type_id, key=key)
        return {key: found[key]}

    def set_specs(self, context: RequestContext, type_id: str, specs: Mapping[str, Any]) -> None:
        self.core.authorize(context, "group:group_types_specs:create")

        def write(conn: Connection) -> None:
            get(conn, self.core, context, type_id)
            rows.set_pairs(conn, S, S.c.group_type_id, type_id, specs, replace=False)

        self.core.database.run(write)

    def delete_spec(self, context: RequestContext, type_id: str, key: str) -> None:
        self.core.authorize(context, "group:group_types_specs:delete")

        def write(conn: Connection) -> None:
            get(conn, self.core, context, type_id)
            if not rows.delete(conn, S, S.c.group_type_id == type_id, S.c.key == key):
                raise GroupSpecNotFound(group_type_id=type_id, key=key)

        self.core.database.run(write)


def get(conn: Connection, core: Core, context: RequestContext, name_or_id: str) -> Row:
    """Raises GroupTypeNotFound also for one that the caller may not see."""
    named = sa.or_(T.c.id == name_or_id, T.c.name == name_or_id)
    found = conn.execute(sa.select(T).where(named, *_usable(core, context))).mappings().first()
    if found is None:
        raise GroupTypeNotFound(group_type_id=name_or_id)
    return _complete(conn, [dict(found)])[0]


def _usable(core: Core, context: RequestContext) -> list[Condition]:
    return [] if core.sees_all(context) else [T.c.is_public == sa.true()]


def _complete(conn: Connection, found: list[Row]) -> list[Row]:
    specs = rows.pairs_of(conn, S, S.c.group_type_id, rows.ids_of(found))
    return [{**row, "group_specs": specs.get(row["id"], {})} for row in found]


def _checked(name: str) -> str:
    stripped = name.strip()
    if not stripped:
        raise Invalid("Group type name can not be empty.")
    return stripped
