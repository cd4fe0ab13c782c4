"""Keys and values of servers: their metadata, and their system metadata."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.cell_database import models

METADATA = models.instance_metadata
SYSTEM_METADATA = models.instance_system_metadata


def of(conn: Connection, table: sa.Table, uuid: str) -> dict[str, str]:
    """What a server has that is not deleted."""
    query = sa.select(table.c.key, table.c.value).where(_mine(table, uuid))
    return {row.key: row.value for row in conn.execute(query)}


def _mine(table: sa.Table, uuid: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.instance_uuid == uuid, table.c.deleted == 0)


def insert(conn: Connection, table: sa.Table, values: Mapping[str, Mapping[str, Any]]) -> None:
    """``values``: server's uuid -> its pairs, of which it has none yet."""
    rows = [
        {"instance_uuid": uuid, "key": key, "value": None if value is None else str(value)}
        for uuid, its in values.items()
        for key, value in its.items()
    ]
    if rows:
        conn.execute(table.insert(), rows)


def replace(
    conn: Connection,
    table: sa.Table,
    uuid: str,
    values: Mapping[str, Any],
    now: datetime.datetime,
) -> None:
    """The server has these pairs then, and no others. Hold its row: of two who do this at once
    the later one would not see what the other has just inserted."""
    mine = _mine(table, uuid)
    current = of(conn, table, uuid)
    gone = [key for key in current if key not in values]
    if gone:
        _remove(conn, table, uuid, gone, now)
    changed = [
        {"its_key": key, "value": value, "updated_at": now}
        for key, value in values.items()
        if key in current and current[key] != value
    ]
    if changed:
        conn.execute(table.update().where(mine, table.c.key == sa.bindparam("its_key")), changed)
    insert(conn, table, {uuid: {key: its for key, its in values.items() if key not in current}})


def put(
    conn: Connection,
    table: sa.Table,
    uuid: str,
    values: Mapping[str, str | None],
    now: datetime.datetime,
) -> None:
    """Set these pairs, remove those whose value is None, and leave the others. Hold the server's
    row, as for ``replace``."""
    _remove(conn, table, uuid, values, now)
    insert(conn, table, {uuid: {key: value for key, value in values.items() if value is not None}})


def _remove(
    conn: Connection,
    table: sa.Table,
    uuid: str,
    keys: Iterable[str],
    now: datetime.datetime,
) -> None:
    conn.execute(
        table.update()
        .where(_mine(table, uuid), table.c.key.in_(list(keys)))
        .values(deleted=table.c.id, deleted_at=now)
    )
