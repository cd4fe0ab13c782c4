"""Tags of servers."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.cell_database import models
from novalite.db.statements import insert_unless_there
from novalite.db.types import utcnow

table = models.tags


def list_(conn: Connection, instance_uuid: str) -> list[str]:
    query = sa.select(table.c.tag).where(table.c.resource_id == instance_uuid)
    return list(conn.execute(query.order_by(table.c.tag)).scalars())


def add(conn: Connection, instance_uuid: str, tag: str) -> bool:
    """Whether it is new."""
    return insert_unless_there(conn, table, {"resource_id": instance_uuid, "tag": tag})


def replace(conn: Connection, instance_uuid: str, tags: Iterable[str]) -> None:
    conn.execute(table.delete().where(table.c.resource_id == instance_uuid))
    insert(conn, instance_uuid, tags)


def insert(conn: Connection, instance_uuid: str, tags: Iterable[str]) -> None:
    """The tags of a server that has none yet."""
    rows = [
        {"resource_id": instance_uuid, "tag": tag, "created_at": utcnow()}
        for tag in dict.fromkeys(tags)
    ]
    if rows:
        conn.execute(table.insert(), rows)


def remove(conn: Connection, instance_uuid: str, tag: str | None = None) -> int:
    """One tag, or all; how many there were."""
    condition = table.c.resource_id == instance_uuid
    if tag is not None:
        condition = sa.and_(condition, table.c.tag == tag)
    return conn.execute(table.delete().where(condition)).rowcount
