"""Reading and writing rows of any of the tables: get, list with the API's filters, create..."""

import dataclasses
import datetime
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.sql import ColumnElement

from novalite.db.statements import any_of, beyond, order_by
from novalite.exception import InvalidInput
from novalite.network.embedded import tables
from novalite.network.embedded.errors import RevisionMismatch

Row = dict[str, Any]
Condition = ColumnElement[bool]
SpecialFilter = Callable[[Connection, Sequence[Any]], Condition]

TRUE = frozenset({"true", "1", "t", "yes", "on"})
FALSE = frozenset({"false", "0", "f", "no", "off"})


LARGEST = (1 << 63) - 1
"""That databases know as an integer."""


def new_id() -> str:
    return str(uuid.uuid4())


def boolean_of(value: Any) -> bool:
    """Raises InvalidInput for what is neither true nor false."""
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise InvalidInput(reason=f"'{value}' is not a valid boolean value.")


@dataclasses.dataclass(slots=True)
class Page:
    """How much of a list, in which order. ``marker`` is an id."""

    sort_keys: Sequence[str] = ()
    sort_dirs: Sequence[str] = ()
    limit: int | None = None
    marker: str | None = None
    reverse: bool = False


def get(conn: Connection, table: Table, row_id: str) -> Row | None:
    row = conn.execute(sa.select(table).where(table.c.id == row_id)).mappings().first()
    return dict(row) if row is not None else None


def select(conn: Connection, table: Table, *conditions: Condition) -> list[Row]:
    statement = sa.select(table).where(*conditions).order_by(table.c.created_at, table.c.id)
    return [dict(row) for row in conn.execute(statement).mappings()]


def count(conn: Connection, table: Table, *conditions: Condition) -> int:
    return conn.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0


def insert(conn: Connection, table: Table, values: Row) -> None:
    conn.execute(sa.insert(table), values)


def stamp(now: datetime.datetime) -> Row:
    return {"created_at": now, "updated_at": now, "revision": 0}


def update(
    conn: Connection,
    table: Table,
    row_id: str,
    changes: Row,
    now: datetime.datetime,
    *conditions: Condition,
) -> bool:
    """Whether the row is there, and as ``conditions`` want it."""
    statement = (
        sa.update(table)
        .where(table.c.id == row_id, *conditions)
        .values(**changes, updated_at=now, revision=table.c.revision + 1)
    )
    return conn.execute(statement).rowcount > 0


def check_revision(row: Row, expected: int | None) -> None:
    """Raises RevisionMismatch when a request was made for another revision."""
    if expected not in (None, row["revision"]):
        raise RevisionMismatch(expected=expected, current=row["revision"])


def delete(conn: Connection, table: Table, *conditions: Condition) -> int:
    return conn.execute(sa.delete(table).where(*conditions)).rowcount


TAG_FILTERS = frozenset({"tags", "tags-any", "not-tags", "not-tags-any"})


def tag_condition(table: Table, name: str, values: Sequence[Any]) -> Condition:
    """``values`` may be comma-separated. ``tags``: has all of them; ``tags-any``: has one."""
    wanted = sorted({tag for value in values for tag in str(value).split(",") if tag})
    T = tables.tags
    query = sa.select(T.c.resource_id).where(T.c.tag.in_(wanted))
    if not name.endswith("any"):
        query = query.group_by(T.c.resource_id).having(sa.func.count() == len(wanted))
    found = table.c.id.in_(query)
    return sa.not_(found) if name.startswith("not-") else found


def tags_of(conn: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    T = tables.tags
    found: dict[str, list[str]] = {}
    query = (
        sa.select(T.c.resource_id, T.c.tag)
        .where(any_of(conn, T.c.resource_id, ids))
        .order_by(T.c.resource_id, T.c.tag)
    )
    for resource_id, tag in conn.execute(query):
        found.setdefault(resource_id, []).append(tag)
    return found


def forget(conn: Connection, *ids: str) -> None:
    """Of resources that are deleted: their tags, and who else could use them."""
    delete(conn, tables.tags, tables.tags.c.resource_id.in_(ids))
    delete(conn, tables.rbac_policies, tables.rbac_policies.c.object_id.in_(ids))


def common_view(row: Row, tags: Sequence[str] = ()) -> Row:
    """What all resources show."""
    shown: Row = {
        "id": row["id"],
        "description": row["description"],
        "project_id": row["project_id"],
        "tenant_id": row["project_id"],
        "tags": list(tags),
        "created_at": moment(row["created_at"]),
        "updated_at": moment(row["updated_at"]),
        "revision_number": row["revision"],
    }
    if "name" in row:
        shown["name"] = row["name"]
    return shown


def common_columns(table: Table) -> dict[str, ColumnElement[Any]]:
    """API name -> column, for the filters and sort keys that all resources have."""
    found: dict[str, ColumnElement[Any]] = {
        "id": table.c.id,
        "project_id": table.c.project_id,
        "tenant_id": table.c.project_id,
        "description": table.c.description,
        "revision_number": table.c.revision,
        "created_at": table.c.created_at,
        "updated_at": table.c.updated_at,
    }
    if "name" in table.c:
        found["name"] = table.c.name
    return found


@dataclasses.dataclass(slots=True)
class Listing:
    """What may be filtered and sorted in the list of one resource: API name -> column, and
    API name -> function of the values for what is not a column."""

    table: Table
    columns: Mapping[str, ColumnElement[Any]]
    special: Mapping[str, SpecialFilter] = dataclasses.field(default_factory=dict)

    def conditions(self, conn: Connection, filters: Mapping[str, Any]) -> list[Condition]:
        """Raises InvalidInput for a name that is no filter of this resource."""
        found: list[Condition] = []
        for name, given in filters.items():
            values = list(given) if isinstance(given, list | tuple | set) else [given]
            if name in TAG_FILTERS:
                found.append(tag_condition(self.table, name, values))
                continue
            if name == "changed_since" and "updated_at" in self.table.c:
                found += [self.table.c.updated_at >= time_of(value) for value in values]
                continue
            if name in self.special:
                found.append(self.special[name](conn, values))
                continue
            column = self.columns.get(name)
            if column is None:
                raise InvalidInput(reason=f"['{name}'] is invalid attribute for filtering")
            wanted = list(dict.fromkeys(_typed(column, value) for value in values))
            if isinstance(column.type, sa.Boolean):
                if len(wanted) == 1:
                    found.append(column == wanted[0])
                continue
            found.append(any_of(conn, column, wanted))
        return found

    def run(self, conn: Connection, conditions: Iterable[Condition], page: Page) -> list[Row]:
        """Raises InvalidInput for an unknown sort key or marker."""
        table = self.table
        keys = [*page.sort_keys] or ["created_at"]
        names = [*keys, "id"] if "id" not in keys else keys
        columns = []
        for name in names:
            column = self.columns.get(name)
            if column is None:
                raise InvalidInput(reason=f"{name} is invalid attribute for sort_key")
            columns.append(column)
        given = [*page.sort_dirs]
        directions = (given + ["asc"] * len(columns))[: len(columns)]
        if any(direction not in ("asc", "desc") for direction in directions):
            raise InvalidInput(reason="sort_dir must be asc or desc")
        if page.reverse:
            directions = ["asc" if each == "desc" else "desc" for each in directions]
        statement = sa.select(table).where(*conditions)
        if page.marker:
            start = get(conn, table, page.marker)
            if start is None:
                raise InvalidInput(reason=f"marker [{page.marker}] not found")
            values = [start[str(column.key)] for column in columns]
            statement = statement.where(beyond(columns, directions, values))
        for column, direction in zip(columns, directions, strict=True):
            statement = statement.order_by(order_by(conn, column, direction))
        if page.limit:
            statement = statement.limit(page.limit)
        rows = [dict(row) for row in conn.execute(statement).mappings()]
        return rows[::-1] if page.reverse else rows


def _typed(column: ColumnElement[Any], value: Any) -> Any:
    if isinstance(column.type, sa.Boolean):
        return boolean_of(value)
    if isinstance(column.type, sa.Integer):
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = LARGEST + 1
        if abs(number) > LARGEST:
            raise InvalidInput(reason=f"'{value}' is not an integer.")
        return number
    if isinstance(column.type, sa.DateTime):
        return time_of(value)
    return "" if value is None else str(value)


def time_of(text: Any) -> datetime.datetime:
    """Naive UTC. Raises InvalidInput."""
    try:
        found = datetime.datetime.fromisoformat(str(text))
    except ValueError:
        raise InvalidInput(reason=f"'{text}' is not a valid time.") from None
    return found.astimezone(datetime.UTC).replace(tzinfo=None) if found.tzinfo else found


def moment(value: datetime.datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")
