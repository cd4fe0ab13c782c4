"""One page of a list, as the volume API asks for it: sort, limit, offset, marker."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.sql import ColumnElement

from novalite.db.statements import beyond, order_by
from novalite.exception import InvalidInput, NotFound

Row = dict[str, Any]
Condition = ColumnElement[bool]

MOST = 1000
"""Items in one answer, whatever limit is asked for."""
DIRECTIONS = ("asc", "desc")


@dataclasses.dataclass(slots=True)
class Page:
    """``sort``: pairs of the name of a column and ``asc`` or ``desc``. ``marker`` is an id."""

    sort: Sequence[tuple[str, str]] = ()
    limit: int | None = None
    marker: str | None = None
    offset: int = 0

    @property
    def most(self) -> int:
        return MOST if self.limit is None else min(self.limit, MOST)


def select(
    conn: Connection,
    table: Table,
    columns: Mapping[str, ColumnElement[Any]],
    conditions: Iterable[Condition],
    page: Page,
    *,
    marker: str = "marker",
) -> list[Row]:
    """Newest first unless ``page`` says otherwise. ``columns``: what may be sorted by.

    ``marker`` names the column that markers mean when it is not the id. Raises InvalidInput for
    an unknown sort key, NotFound for a marker that is not in the list.
    """
    key = table.c.get(marker, table.c.id)
    conditions = list(conditions)
    ordered, directions = _order(table, columns, page, key)
    statement = sa.select(table).where(*conditions)
    if page.marker:
        found = conn.execute(sa.select(table).where(key == page.marker, *conditions))
        start = found.mappings().first()
        if start is None:
            raise NotFound(f"Marker {page.marker} could not be found.")
        values = [start[str(column.key)] for column in ordered]
        statement = statement.where(beyond(ordered, directions, values))
    for column, direction in zip(ordered, directions, strict=True):
        statement = statement.order_by(order_by(conn, column, direction))
    statement = statement.limit(page.most)
    if page.offset:
        statement = statement.offset(page.offset)
    return [dict(row) for row in conn.execute(statement).mappings()]


def _order(
    table: Table,
    columns: Mapping[str, ColumnElement[Any]],
    page: Page,
    key: ColumnElement[Any],
) -> tuple[list[ColumnElement[Any]], list[str]]:
    ordered: list[ColumnElement[Any]] = []
    directions: list[str] = []
    for name, direction in page.sort:
        column = columns.get(name)
        if column is None:
            raise InvalidInput(reason=f"Sort key {name} is invalid.")
        if direction not in DIRECTIONS:
            raise InvalidInput(reason=f"Unknown sort direction, must be one of: {DIRECTIONS}")
        ordered.append(column)
        directions.append(direction)
    last = directions[-1] if directions else "desc"
    for column in (table.c.created_at, key):
        if all(column is not each for each in ordered):
            ordered.append(column)
            directions.append(last)
    return ordered, directions
