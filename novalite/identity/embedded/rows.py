"""Reading and writing the rows of one table: get, list with filters and pages, create..."""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.sql import ColumnElement

from novalite import exception
from novalite.db.statements import any_of, beyond, ignoring_duplicates, order_by

Row = dict[str, Any]
Condition = ColumnElement[bool]

_INEXACT = {
    "contains": lambda column, value: column.contains(value, autoescape=True),
    "startswith": lambda column, value: column.startswith(value, autoescape=True),
    "endswith": lambda column, value: column.endswith(value, autoescape=True),
    "icontains": lambda column, value: column.icontains(value, autoescape=True),
    "istartswith": lambda column, value: column.istartswith(value, autoescape=True),
    "iendswith": lambda column, value: column.iendswith(value, autoescape=True),
}
"""What may follow a filter's name after two underscores."""
INEXACT = tuple(_INEXACT)


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """At most ``limit`` rows (None: all) after the one with the id ``marker``."""

    limit: int | None = None
    marker: str | None = None
    sort_keys: Sequence[str] = ()
    sort_dirs: Sequence[str] = ()


ALL = Page()


class Resource:
    """A table whose key is ``id``. ``noun`` is what errors call a row."""

    def __init__(self, table: Table, noun: str) -> None:
        self.table = table
        self.noun = noun

    def not_found(self, resource_id: str) -> exception.NotFound:
        return exception.NotFound(f"Could not find {self.noun}: {resource_id}.")

    def get(self, conn: Connection, resource_id: str) -> Row:
        """Raises NotFound."""
        row = self.find(conn, id=resource_id)
        if row is None:
            raise self.not_found(resource_id)
        return row

    def find(self, conn: Connection, **equal: Any) -> Row | None:
        statement = sa.select(self.table).where(*self._equal(equal)).limit(1)
        row = conn.execute(statement).mappings().first()
        return None if row is None else dict(row)

    def list_(self, conn: Connection, **equal: Any) -> list[Row]:
        return self.page(conn, self._equal(equal))

    def of(self, conn: Connection, ids: Iterable[str]) -> dict[str, Row]:
        """The rows with these ids, by id."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        return {row["id"]: row for row in self.page(conn, [any_of(conn, self.table.c.id, wanted)])}

    def page(
        self, conn: Connection, conditions: Iterable[Condition] = (), page: Page = ALL
    ) -> list[Row]:
        """Raises MarkerNotFound, and ValidationError for what cannot be sorted by."""
        columns, directions = self._order(page)
        statement = sa.select(self.table).where(*conditions)
        if page.marker is not None:
            marker = self.find(conn, id=page.marker)
            if marker is None:
                raise exception.MarkerNotFound(marker=page.marker)
            values = [marker[str(column.key)] for column in columns]
            statement = statement.where(beyond(columns, directions, values))
        for column, direction in zip(columns, directions, strict=True):
            statement = statement.order_by(order_by(conn, column, direction))
        if page.limit is not None:
            statement = statement.limit(page.limit)
        return [dict(row) for row in conn.execute(statement).mappings()]

    def conditions(self, filters: Mapping[str, Any]) -> list[Condition]:
        """``name`` -> value, or ``name__contains`` and its kind; a list means any of its values."""
        found: list[Condition] = []
        for given, value in filters.items():
            name, _, how = given.partition("__")
            column = self.table.c[name]
            if how:
                found.append(_INEXACT[how](column, value))
            elif isinstance(value, list):
                found.append(column.in_(value))
            else:
                found.append(column.is_(None) if value is None else column == value)
        return found

    def create(self, conn: Connection, values: Row) -> Row:
        """Adds an ``id`` where none is given."""
        row = {"id": uuid.uuid4().hex, **values}
        conn.execute(sa.insert(self.table), row)
        return self.get(conn, row["id"])

    def update(self, conn: Connection, resource_id: str, changes: Row) -> Row:
        """Raises NotFound."""
        if changes:
            conn.execute(
                sa.update(self.table).where(self.table.c.id == resource_id).values(**changes)
            )
        return self.get(conn, resource_id)

    def destroy(self, conn: Connection, resource_id: str) -> None:
        """Raises NotFound."""
        done = conn.execute(sa.delete(self.table).where(self.table.c.id == resource_id))
        if done.rowcount == 0:
            raise self.not_found(resource_id)

    def _equal(self, equal: Mapping[str, Any]) -> list[Condition]:
        return [
            self.table.c[n].is_(None) if v is None else self.table.c[n] == v
            for n, v in equal.items()
        ]

    def _order(self, page: Page) -> tuple[list[Any], list[str]]:
        keys = [key for key in page.sort_keys if key != "id"]
        directions = list(page.sort_dirs) + ["asc"] * (len(keys) + 1 - len(page.sort_dirs))
        if any(each not in ("asc", "desc") for each in directions):
            raise exception.ValidationError(detail="Unknown sort direction, must be asc or desc")
        for key in keys:
            column = self.table.c.get(key)
            if column is None or not isinstance(column.type, sa.String | sa.Boolean | sa.Integer):
                raise exception.ValidationError(detail=f"Cannot sort by {key}")
        if list(page.sort_keys)[:1] != ["id"]:
            return [self.table.c[key] for key in (*keys, "id")], directions[: len(keys) + 1]
        return [self.table.c.id], directions[:1]


def insert_missing(conn: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert the rows that are not there yet."""
    wanted = list(rows)
    if wanted:
        conn.execute(ignoring_duplicates(conn, table), wanted)


def delete(conn: Connection, table: Table, **equal: Any) -> int:
    """How many rows they were."""
    conditions = [table.c[name] == value for name, value in equal.items()]
    return conn.execute(sa.delete(table).where(*conditions)).rowcount


def select(conn: Connection, table: Table, **equal: Any) -> list[Row]:
    """All rows with these values, in the order of the table's key."""
    conditions = [table.c[name] == value for name, value in equal.items()]
    statement = sa.select(table).where(*conditions).order_by(*table.primary_key.columns)
    return [dict(row) for row in conn.execute(statement).mappings()]
