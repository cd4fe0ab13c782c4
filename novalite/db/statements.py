"""Parts of statements that the query modules share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.sql import ColumnElement

from novalite.db.types import encode


def any_of(conn: Connection, column: ColumnElement[Any], values: Iterable[Any]) -> Any:
    """``column`` is one of ``values``: one bound parameter on SQLite and PostgreSQL however
    many there are, so that no limit on variables matters and the statement stays cached."""
    values = list(values)
    if len(values) == 1:
        return column == values[0]
    if conn.dialect.name == "sqlite":
        each = sa.func.json_each(encode(values)).table_valued("value")
        return column.in_(sa.select(each.c.value))
    if conn.dialect.name == "postgresql":
        kind = sa.Integer() if values and isinstance(values[0], int) else sa.Text()
        array = sa.bindparam(None, values, type_=postgresql.ARRAY(kind))
        return column == sa.any_(array)
    return column.in_(values)


def insert_unless_there(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless a unique constraint says that it is there; whether it was inserted.

    Unlike catching DuplicateKey this leaves the transaction usable on PostgreSQL.
    """
    return conn.execute(ignoring_duplicates(conn, table), dict(values)).rowcount > 0


def new_id(result: sa.CursorResult[Any]) -> int:
    """The number that an INSERT of one row gave it."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def ignoring_duplicates(conn: Connection, table: Table) -> Any:
    """An INSERT that skips rows which are there already; its ``rowcount`` tells how many were
    inserted (SQLAlchemy forgets it on PostgreSQL unless asked). MariaDB's IGNORE cuts values that
    are too long instead of refusing them: check lengths before."""
    if conn.dialect.name == "sqlite":
        statement: Any = sqlite.insert(table).on_conflict_do_nothing()
    elif conn.dialect.name == "postgresql":
        statement = postgresql.insert(table).on_conflict_do_nothing()
    else:
        statement = mysql.insert(table).prefix_with("IGNORE")
    return statement.inline().execution_options(preserve_rowcount=True)


def order_by(conn: Connection, column: ColumnElement[Any], direction: str) -> ColumnElement[Any]:
    """An ORDER BY term with NULL as the smallest value, as SQLite and MariaDB have it."""
    descending = direction == "desc"
    ordered = column.desc() if descending else column.asc()
    if conn.dialect.name == "postgresql" and getattr(column, "nullable", False):
        return ordered.nulls_last() if descending else ordered.nulls_first()
    return ordered


def beyond(
    columns: Sequence[ColumnElement[Any]], directions: Sequence[str], values: Sequence[Any]
) -> ColumnElement[bool]:
    """The rows that sort strictly after ``values``, with NULL as the smallest value."""
    condition: ColumnElement[bool] = sa.false()
    for column, direction, value in reversed(list(zip(columns, directions, values, strict=True))):
        # As a parameter of the column's type: SQLAlchemy does not order bare booleans.
        known = None if value is None else sa.literal(value, column.type)
        same = column.is_(None) if known is None else column == known
        condition = sa.or_(_after(column, direction, known), sa.and_(same, condition))
    if columns and not getattr(columns[0], "nullable", True) and values[0] is not None:
        # Says nothing new, but lets an index start at the marker instead of at the beginning.
        first = sa.literal(values[0], columns[0].type)
        bound = columns[0] <= first if directions[0] == "desc" else columns[0] >= first
        return sa.and_(bound, condition)
    return condition


def _after(
    column: ColumnElement[Any], direction: str, value: ColumnElement[Any] | None
) -> ColumnElement[bool]:
    if direction == "desc":
        if value is None:
            return sa.false()
        less = column < value
        return sa.or_(less, column.is_(None)) if getattr(column, "nullable", False) else less
    return column.is_not(None) if value is None else column > value
