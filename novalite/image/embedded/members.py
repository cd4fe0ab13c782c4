"""SQL of an image's members."""

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.image.embedded import tables

Row = dict[str, Any]


def list_(conn: Connection, image_id: str) -> list[Row]:
    table = tables.members
    statement = sa.select(table).where(table.c.image_id == image_id).order_by(table.c.member_id)
    return [dict(row) for row in conn.execute(statement).mappings()]


def is_member(conn: Connection, image_id: str, project_id: str) -> bool:
    columns = tables.members.c
    statement = sa.select(columns.member_id).where(
        columns.image_id == image_id, columns.member_id == project_id
    )
    return conn.execute(statement).first() is not None


def add(conn: Connection, image_id: str, member_id: str, now: datetime.datetime) -> None:
    """Raises Conflict for one that is a member already."""
    if is_member(conn, image_id, member_id):
        raise exception.Conflict(f"Image member {member_id} already exists for image {image_id}")
    conn.execute(
        sa.insert(tables.members),
        {
            "image_id": image_id,
            "member_id": member_id,
            "status": "pending",
            "created_at": now,
            "updated_at": now,
        },
    )


def set_status(
    conn: Connection, image_id: str, member_id: str, status: str, now: datetime.datetime
) -> bool:
    columns = tables.members.c
    statement = sa.update(tables.members).where(
        columns.image_id == image_id, columns.member_id == member_id
    )
    return bool(conn.execute(statement.values(status=status, updated_at=now)).rowcount)


def remove(conn: Connection, image_id: str, member_id: str) -> bool:
    columns = tables.members.c
    statement = sa.delete(tables.members).where(
        columns.image_id == image_id, columns.member_id == member_id
    )
    return bool(conn.execute(statement).rowcount)
