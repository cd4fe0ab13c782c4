"""SQL of the image service. Functions take a Connection and return records."""

import datetime
import operator
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.image.embedded import tables
from novalite.image.embedded.records import COLUMNS, Image, ImageQuery

Row = dict[str, Any]
_OPERATORS = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
}
_IDS_AT_ONCE = 500  # bound parameters of one statement are limited


def get(conn: Connection, image_id: str) -> Image:
    """Raises ImageNotFound. Three statements."""
    row = conn.execute(
        sa.select(tables.images).where(tables.images.c.id == image_id)
    ).mappings().first()  # fmt: skip
    if row is None:
        raise exception.ImageNotFound(image_id=image_id)
    image = Image(**row)
    _load(conn, [image])
    return image


def list_(conn: Connection, query: ImageQuery) -> list[Image]:
    """A fixed number of statements, whatever the list's length. Raises MarkerNotFound."""
    statement = _filtered(sa.select(tables.images), query)
    columns = tables.images.c
    if query.marker is not None:
        statement = statement.where(_after(conn, query))
    for name, direction in query.sort:
        column = columns[name]
        statement = statement.order_by(column.asc() if direction == "asc" else column.desc())
    if query.limit is not None:
        statement = statement.limit(query.limit)
    images = [Image(**row) for row in conn.execute(statement).mappings()]
    _load(conn, images)
    return images


def _load(conn: Connection, images: list[Image]) -> None:
    """Their properties and tags."""
    by_id = {image.id: image for image in images}
    ids = list(by_id)
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = ids[start : start + _IDS_AT_ONCE]
        table = tables.properties
        for row in conn.execute(sa.select(table).where(table.c.image_id.in_(some))):
            by_id[row.image_id].properties[row.name] = row.value
        statement = sa.select(tables.tags).where(tables.tags.c.image_id.in_(some))
        for row in conn.execute(statement.order_by(tables.tags.c.tag)):
            by_id[row.image_id].tags.append(row.tag)


def _filtered(statement: sa.Select[Any], query: ImageQuery) -> sa.Select[Any]:
    columns = tables.images.c
    if not query.everything:
        statement = statement.where(_visible(query))
    for name, values in query.equal.items():
        statement = statement.where(columns[name].in_(values))
    for name, compare, value in query.compare:
        statement = statement.where(_OPERATORS[compare](columns[name], value))
    for tag in query.tags:
        statement = statement.where(
            sa.exists().where(tables.tags.c.image_id == columns.id, tables.tags.c.tag == tag)
        )
    for name, value in query.properties.items():
        found = tables.properties.c
        statement = statement.where(
            sa.exists().where(
                found.image_id == columns.id, found.name == name, found.value == value
            )
        )
    return statement


def _visible(query: ImageQuery) -> sa.ColumnElement[bool]:
    columns = tables.images.c
    open_to_all = ["public", "community"] if query.community else ["public"]
    member = tables.members.c
    shared = sa.exists().where(
        member.image_id == columns.id, member.member_id == query.project_id
    )  # fmt: skip
    if query.member_status != "all":
        shared = shared.where(member.status == query.member_status)
    conditions: list[sa.ColumnElement[bool]] = [columns.visibility.in_(open_to_all)]
    if query.project_id is not None:
        conditions.append(columns.owner == query.project_id)
        conditions.append(sa.and_(columns.visibility == "shared", shared))
    return sa.or_(*conditions)


def _after(conn: Connection, query: ImageQuery) -> sa.ColumnElement[bool]:
    """What sorts behind the marker: NULLs stand where the database puts them, so columns that
    may be NULL are compared by whether they are."""
    columns = tables.images.c
    statement = _filtered(sa.select(tables.images), query).where(columns.id == query.marker)
    marker = conn.execute(statement).mappings().first()
    if marker is None:
        raise exception.MarkerNotFound(marker=query.marker)
    nulls_first = conn.dialect.name != "postgresql"  # when ascending
    found: list[sa.ColumnElement[bool]] = []
    equal: list[sa.ColumnElement[bool]] = []
    for name, direction in query.sort:
        column, value, rising = columns[name], marker[name], direction == "asc"
        nulls_before = nulls_first == rising
        behind: sa.ColumnElement[bool]
        if value is None:
            behind = column.is_not(None) if nulls_before else sa.false()
        else:
            behind = column > value if rising else column < value
            if column.nullable and not nulls_before:
                behind = sa.or_(behind, column.is_(None))
        found.append(sa.and_(*equal, behind))
        equal.append(column.is_(None) if value is None else column == value)
    return sa.or_(*found)


# ---- writing ---------------------------------------------------------------


def create(conn: Connection, image: Image) -> None:
    """Raises Conflict when the id is taken."""
    taken = conn.execute(sa.select(tables.images.c.id).where(tables.images.c.id == image.id))
    if taken.first() is not None:
        raise exception.Conflict(f"Image ID {image.id} already exists!")
    conn.execute(sa.insert(tables.images), {name: getattr(image, name) for name in COLUMNS})
    _write_properties(conn, image.id, image.properties)
    _write_tags(conn, image.id, image.tags)


def update(
    conn: Connection, image_id: str, changes: Row, *, status: Iterable[str] | None = None
) -> bool:
    """One conditional UPDATE; whether a row with one of these statuses was there.

    ``properties`` and ``tags`` among the changes replace all that there are.
    """
    columns = tables.images.c
    values = {name: value for name, value in changes.items() if name in COLUMNS}
    statement = sa.update(tables.images).where(columns.id == image_id)
    if status is not None:
        statement = statement.where(columns.status.in_(list(status)))
    if conn.execute(statement.values(**values)).rowcount == 0:
        return False
    if "properties" in changes:
        conn.execute(sa.delete(tables.properties).where(tables.properties.c.image_id == image_id))
        _write_properties(conn, image_id, changes["properties"])
    if "tags" in changes:
        conn.execute(sa.delete(tables.tags).where(tables.tags.c.image_id == image_id))
        _write_tags(conn, image_id, changes["tags"])
    return True


def destroy(conn: Connection, image_id: str) -> bool:
    for table in (tables.properties, tables.tags, tables.members):
        conn.execute(sa.delete(table).where(table.c.image_id == image_id))
    done = conn.execute(sa.delete(tables.images).where(tables.images.c.id == image_id))
    return bool(done.rowcount)


def _write_properties(conn: Connection, image_id: str, values: dict[str, str]) -> None:
    if values:
        conn.execute(
            sa.insert(tables.properties),
            [{"image_id": image_id, "name": k, "value": v} for k, v in values.items()],
        )


def _write_tags(conn: Connection, image_id: str, values: list[str]) -> None:
    if values:
        rows = [{"image_id": image_id, "tag": tag} for tag in dict.fromkeys(values)]
        conn.execute(sa.insert(tables.tags), rows)


def abandon_uploads(conn: Connection, now: datetime.datetime) -> int:
    """Uploads of a process that is gone: their images wait for data again."""
    columns = tables.images.c
    statement = sa.update(tables.images).where(columns.status == "saving")
    return conn.execute(statement.values(status="queued", updated_at=now)).rowcount


def ids_with_data(conn: Connection) -> set[str]:
    columns = tables.images.c
    return set(conn.execute(sa.select(columns.id).where(columns.status == "active")).scalars())


# ---- members ---------------------------------------------------------------


def list_members(conn: Connection, image_id: str) -> list[Row]:
    table = tables.members
    statement = sa.select(table).where(table.c.image_id == image_id).order_by(table.c.member_id)
    return [dict(row) for row in conn.execute(statement).mappings()]


def is_member(conn: Connection, image_id: str, project_id: str) -> bool:
    columns = tables.members.c
    statement = sa.select(columns.member_id).where(
        columns.image_id == image_id, columns.member_id == project_id
    )
    return conn.execute(statement).first() is not None


def add_member(conn: Connection, image_id: str, member_id: str, now: datetime.datetime) -> None:
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


def set_member_status(
    conn: Connection, image_id: str, member_id: str, status: str, now: datetime.datetime
) -> bool:
    columns = tables.members.c
    statement = sa.update(tables.members).where(
        columns.image_id == image_id, columns.member_id == member_id
    )
    return bool(conn.execute(statement.values(status=status, updated_at=now)).rowcount)


def remove_member(conn: Connection, image_id: str, member_id: str) -> bool:
    columns = tables.members.c
    statement = sa.delete(tables.members).where(
        columns.image_id == image_id, columns.member_id == member_id
    )
    return bool(conn.execute(statement).rowcount)
