"""Reading and writing rows of any of the tables."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.sql import ColumnElement

from novalite.db.statements import any_of
from novalite.exception import InvalidInput

Row = dict[str, Any]
Condition = ColumnElement[bool]

TRUE = frozenset({"true", "1", "t", "yes", "on", "y"})
FALSE = frozenset({"false", "0", "f", "no", "off", "n"})


def new_id() -> str:
    return str(uuid.uuid4())


def is_id(value: Any) -> bool:
    """Whether it has the form of a UUID, with or without hyphens."""
    try:
        return uuid.UUID(str(value)).hex == str(value).replace("-", "").lower()
    except ValueError:
        return False


def boolean_of(value: Any, name: str = "value") -> bool:
    """Raises InvalidInput for what is neither true nor false."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise InvalidInput(reason=f"Invalid value '{value}' for '{name}'. It must be a boolean.")


def get(conn: Connection, table: Table, row_id: str) -> Row | None:
    row = conn.execute(sa.select(table).where(table.c.id == row_id)).mappings().first()
    return dict(row) if row is not None else None


def select(conn: Connection, table: Table, *conditions: Condition) -> list[Row]:
    """Oldest first."""
    statement = sa.select(table).where(*conditions).order_by(table.c.created_at, table.c.id)
    return [dict(row) for row in conn.execute(statement).mappings()]


def count(conn: Connection, table: Table, *conditions: Condition) -> int:
    return conn.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0


def insert(conn: Connection, table: Table, values: Row) -> None:
    conn.execute(sa.insert(table), values)


def stamp(now: datetime.datetime) -> Row:
    return {"created_at": now, "updated_at": None, "revision": 0}


def update(
    conn: Connection,
    table: Table,
    row_id: str,
    changes: Row,
    now: datetime.datetime,
    *conditions: Condition,
) -> bool:
    """Whether the row is there, and as ``conditions`` want it: a compare-and-swap."""
    values: Row = {**changes, "updated_at": now}
    if "revision" in table.c:
        values["revision"] = table.c.revision + 1
    statement = sa.update(table).where(table.c.id == row_id, *conditions).values(**values)
    return conn.execute(statement).rowcount > 0


def delete(conn: Connection, table: Table, *conditions: Condition) -> int:
    return conn.execute(sa.delete(table).where(*conditions)).rowcount


# ---- keys and values that belong to a row ----


def pairs_of(
    conn: Connection, table: Table, owner: ColumnElement[Any], ids: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Owner's id -> its keys and values; one statement. Owners without any are left out."""
    found: dict[str, dict[str, str]] = {}
    if not ids:
        return found
    query = sa.select(owner, table.c.key, table.c.value).where(any_of(conn, owner, ids))
    for owner_id, key, value in conn.execute(query.order_by(table.c.id)):
        found.setdefault(owner_id, {})[key] = value
    return found


def set_pairs(
    conn: Connection,
    table: Table,
    owner: ColumnElement[Any],
    owner_id: str,
    values: Mapping[str, Any],
    *,
    replace: bool,
) -> None:
    """Write ``values``; with ``replace`` all others go."""
    condition = owner == owner_id
    if not replace:
        condition = sa.and_(condition, any_of(conn, table.c.key, list(values)))
    conn.execute(sa.delete(table).where(condition))
    insert_pairs(conn, table, owner, owner_id, values)


def insert_pairs(
    conn: Connection,
    table: Table,
    owner: ColumnElement[Any],
    owner_id: str,
    values: Mapping[str, Any],
) -> None:
    lines = [
        {str(owner.key): owner_id, "key": key, "value": "" if value is None else str(value)}
        for key, value in values.items()
    ]
    if lines:
        conn.execute(sa.insert(table), lines)


def moment(value: datetime.datetime | None) -> str | None:
    """As the volume API writes a time."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") if value is not None else None


def ids_of(found: Iterable[Row]) -> list[str]:
    return [row["id"] for row in found]
