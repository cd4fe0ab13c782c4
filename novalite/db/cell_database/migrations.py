"""Moves of servers. Hidden ones (the other half of a move between cells) are never found."""

import dataclasses
import datetime
from collections.abc import Mapping as Values
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.cell_database import models
from novalite.db.records import Mapping
from novalite.db.statements import beyond, order_by
from novalite.objects import Migration

table = models.migrations
LIVE = "live-migration"
IN_PROGRESS = ("queued", "preparing", "running", "post-migrating")

Place = tuple[datetime.datetime, int, str]
_mapping = Mapping(Migration, table)
_ORDER = (table.c.created_at, table.c.id, table.c.uuid)
_DIRECTIONS = ("desc", "desc", "desc")


@dataclasses.dataclass(slots=True)
class MigrationQuery:
    """``equals``: column -> value. ``host``: the source or the destination. The bounds on the last
    change are inclusive. ``after``: the place of the last one seen."""

    equals: Values[str, str] = dataclasses.field(default_factory=dict)
    host: str | None = None
    changes_since: datetime.datetime | None = None
    changes_before: datetime.datetime | None = None
    limit: int | None = None
    after: Place | None = None


def place(migration: Migration) -> Place:
    """By what lists are ordered, the last one first."""
    assert migration.created_at is not None and migration.id is not None
    return (migration.created_at, migration.id, migration.uuid)


def list_(conn: Connection, query: MigrationQuery) -> list[Migration]:
    """Newest first. One statement."""
    conditions = [table.c[name] == value for name, value in query.equals.items()]
    if query.host is not None:
        conditions.append(
            sa.or_(table.c.source_compute == query.host, table.c.dest_compute == query.host)
        )
    if query.changes_since is not None:
        conditions.append(table.c.updated_at >= query.changes_since)
    if query.changes_before is not None:
        conditions.append(table.c.updated_at <= query.changes_before)
    if query.after is not None:
        conditions.append(beyond(_ORDER, _DIRECTIONS, query.after))
    statement = _shown(*conditions).order_by(*(order_by(conn, column, "desc") for column in _ORDER))
    if query.limit is not None:
        statement = statement.limit(query.limit)
    return _mapping.load_all(conn.execute(statement))


def find(conn: Connection, uuid: str) -> Migration | None:
    return _one(conn, table.c.uuid == uuid)


def of_server(conn: Connection, instance_uuid: str, id_: int) -> Migration | None:
    return _one(conn, table.c.instance_uuid == instance_uuid, table.c.id == id_)


def live_in_progress(conn: Connection, instance_uuid: str) -> list[Migration]:
    """The live migrations of a server that are not over, by number."""
    statement = _shown(
        table.c.instance_uuid == instance_uuid,
        table.c.migration_type == LIVE,
        table.c.status.in_(IN_PROGRESS),
    )
    return _mapping.load_all(conn.execute(statement.order_by(table.c.id)))


def _shown(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return _mapping.select().where(table.c.deleted == 0, table.c.hidden == sa.false(), *conditions)


def _one(conn: Connection, *conditions: sa.ColumnElement[bool]) -> Migration | None:
    found: Sequence[Migration] = _mapping.load_all(conn.execute(_shown(*conditions)))
    return found[0] if found else None
