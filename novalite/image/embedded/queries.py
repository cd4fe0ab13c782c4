"""SQL of the image service. Functions take a Connection and return records."""

import datetime
import operator
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.image.embedded import tables
from novalite.image.embedded.records import COLUMNS, Image, ImageQuery, Location

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
    """Raises ImageNotFound. Four statements."""
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
    """Their properties, tags and locations."""
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
        places = sa.select(tables.locations).where(tables.locations.c.image_id.in_(some))
        for place in conn.execute(places.order_by(tables.locations.c.position)).mappings():
            by_id[place["image_id"]].locations.append(
                Location(place["id"], place["store"], place["url"], place["metadata"])
            )


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
    _write_locations(conn, image.id, image.locations)


def update(
    conn: Connection, image_id: str, changes: Row, *, status: Iterable[str] | None = None
) -> bool:
    """One conditional UPDATE; whether a row with one of these statuses was there.

    ``properties``, ``tags`` and ``locations`` among the changes replace all that there are.
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
    if "locations" in changes:
        conn.execute(sa.delete(tables.locations).where(tables.locations.c.image_id == image_id))
        _write_locations(conn, image_id, changes["locations"])
    return True


def set_properties(conn: Connection, image_id: str, changes: Mapping[str, str | None]) -> None:
    """Some of an image's properties and no others; None removes one."""
    table = tables.properties
    conn.execute(sa.delete(table).where(table.c.image_id == image_id, table.c.name.in_(changes)))
    _write_properties(conn, image_id, {k: v for k, v in changes.items() if v is not None})


def destroy(conn: Connection, image_id: str) -> bool:
    for table in (
        tables.properties,
        tables.tags,
        tables.members,
        tables.locations,
        tables.cached_images,
    ):
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


def _write_locations(conn: Connection, image_id: str, values: list[Location]) -> None:
    if values:
        rows = [
            {
                "id": place.id,
                "image_id": image_id,
                "position": position,
                "store": place.store,
                "url": place.url,
                "metadata": place.metadata,
            }
            for position, place in enumerate(values)
        ]
        conn.execute(sa.insert(tables.locations), rows)


# ---- what a process that is gone left ---------------------------------------


def abandon_uploads(conn: Connection, now: datetime.datetime) -> int:
    """Uploads of a process that is gone: their images wait for data again."""
    columns = tables.images.c
    statement = sa.update(tables.images).where(columns.status == "saving")
    return conn.execute(statement.values(status="queued", updated_at=now)).rowcount


def abandon_staging(conn: Connection, staged: set[str], now: datetime.datetime) -> int:
    """Images whose data were being staged and are not in ``staged``: they wait for data again."""
    columns = tables.images.c
    waiting = conn.execute(sa.select(columns.id).where(columns.status == "uploading")).scalars()
    lost = [image_id for image_id in waiting if image_id not in staged]
    for start in range(0, len(lost), _IDS_AT_ONCE):
        some = lost[start : start + _IDS_AT_ONCE]
        statement = sa.update(tables.images).where(
            columns.id.in_(some), columns.status == "uploading"
        )
        conn.execute(statement.values(status="queued", size=None, updated_at=now))
    return len(lost)


def ids_with_data(conn: Connection, store: str) -> set[str]:
    columns = tables.locations.c
    return set(conn.execute(sa.select(columns.image_id).where(columns.store == store)).scalars())


def ids_with_status(conn: Connection, *statuses: str) -> set[str]:
    columns = tables.images.c
    return set(conn.execute(sa.select(columns.id).where(columns.status.in_(statuses))).scalars())
