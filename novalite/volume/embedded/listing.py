"""Lists as clients of the volume API ask for them: filters, sort keys, pages.

``parse`` reads a query string; a ``Listing`` says what one resource can be filtered and sorted by
and runs it in one statement (two with a marker).
"""

import ast
import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.sql import ColumnElement

from novalite.context import RequestContext
from novalite.db.statements import any_of, beyond, order_by
from novalite.exception import InvalidInput, MarkerNotFound, NovaliteError
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core
from novalite.volume.embedded.rows import Condition, Row

SpecialFilter = Callable[[Connection, Any], Condition]
RESERVED = frozenset(
    {"limit", "marker", "offset", "sort", "sort_key", "sort_dir", "all_tenants", "with_count"}
)
MAX_LIMIT = 1000
MAX_NUMBER = (1 << 31) - 1
LIKE_FILTERS = (3, 34)
STRICT_FILTERS = (3, 31)
TIME_FILTERS = (3, 60)
NEWEST: tuple[int, int] = (3, 71)
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "eq": lambda column, value: column == value,
    "neq": lambda column, value: column != value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}


@dataclasses.dataclass(slots=True)
class Query:
    """``sort``: (key, direction), most important first; ``filters``: name -> text as it came."""

    filters: dict[str, Any] = dataclasses.field(default_factory=dict)
    limit: int | None = None
    offset: int = 0
    marker: str | None = None
    sort: Sequence[tuple[str, str]] = ()
    all_tenants: bool = False
    with_count: bool = False
    version: tuple[int, int] = NEWEST


def parse(query: Mapping[str, Sequence[str]], version: tuple[int, int]) -> Query:
    """Raises InvalidInput."""
    last = {name: values[-1] for name, values in query.items()}
    limit = _number(last, "limit")
    filters = {name: value for name, value in last.items() if name not in RESERVED}
    return Query(
        filters=filters,
        limit=None if limit is None else min(limit, MAX_LIMIT),
        offset=_number(last, "offset") or 0,
        marker=last.get("marker"),
        sort=_sort(last),
        all_tenants=_flag(last, "all_tenants"),
        with_count=version >= (3, 45) and _flag(last, "with_count"),
        version=version,
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    number = _integer(text, name)
    if not 0 <= number <= MAX_NUMBER:
        raise InvalidInput(reason=f"{name} must be >= 0 and <= {MAX_NUMBER}")
    return number


def _integer(value: Any, name: str) -> int:
    """Raises InvalidInput, also for more digits than are ever converted."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise InvalidInput(reason=f"{name} must be an integer") from None


def _flag(query: Mapping[str, str], name: str) -> bool:
    text = query.get(name)
    if text is None:
        return False
    return text == "" or rows.boolean_of(text, name)


def _sort(query: Mapping[str, str]) -> list[tuple[str, str]]:
    if "sort" in query:
        if "sort_key" in query or "sort_dir" in query:
            raise InvalidInput(
                reason="The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be "
                "used with the 'sort' parameter."
            )
        pairs = []
        for part in query["sort"].split(","):
            key, _, direction = part.strip().partition(":")
            pairs.append((key, direction or "desc"))
        return pairs
    if "sort_key" in query or "sort_dir" in query:
        key = query.get("sort_key", "created_at")
        return [(key, query.get("sort_dir", "desc"))]
    return []


@dataclasses.dataclass(slots=True)
class Listing:
    """``columns``: what may be filtered and sorted by, by name; ``public``: the filters of users
    who are no administrators; ``special``: name -> condition of a filter that is no column;
    ``missing``: marker -> the error that says that there is none."""

    table: Table
    columns: Mapping[str, ColumnElement[Any]]
    public: frozenset[str]
    special: Mapping[str, SpecialFilter] = dataclasses.field(default_factory=dict)
    missing: Callable[[str], NovaliteError] = lambda marker: MarkerNotFound(marker=marker)
    sortable: frozenset[str] | None = None

    def conditions(
        self, conn: Connection, core: Core, context: RequestContext, query: Query
    ) -> list[Condition]:
        """Raises InvalidInput."""
        admin = core.sees_all(context)
        found: list[Condition] = [] if query.all_tenants else self._own(core, context, query)
        if query.all_tenants and not admin:
            found = self._own(core, context, query)
        refused = []
        for name, value in query.filters.items():
            like = name.endswith("~") and query.version >= LIKE_FILTERS
            plain = name[:-1] if like else name
            if not admin and plain not in self.public:
                refused.append(name)
                continue
            found.append(self._condition(conn, query, plain, _literal(value), like))
        if refused and query.version >= STRICT_FILTERS:
            raise InvalidInput(
                reason=f"Invalid filters {', '.join(sorted(refused))} are found in query options."
            )
        return found

    def _own(self, core: Core, context: RequestContext, query: Query) -> list[Condition]:
        if context.project_id is None and core.sees_all(context):
            return []
        return [self.table.c.project_id == (context.project_id or "")]

    def _condition(
        self, conn: Connection, query: Query, name: str, value: Any, like: bool
    ) -> Condition:
        if name in self.special and not like:
            return self.special[name](conn, value)
        column = self.columns.get(name)
        if column is None:
            return sa.false()
        if like:
            escaped = str(value).replace("/", "//").replace("%", "/%").replace("_", "/_")
            return column.like(f"%{escaped}%", escape="/")
        if isinstance(column.type, sa.DateTime):
            return _moments(column, str(value), query)
        values = value if isinstance(value, list | tuple | set) else [value]
        try:
            wanted = [_typed(column, name, each) for each in values]
        except (TypeError, ValueError):
            return sa.false()
        if isinstance(column.type, sa.Boolean):
            return sa.or_(sa.false(), *(column == each for each in wanted))
        return any_of(conn, column, wanted)

    def run(self, conn: Connection, conditions: Iterable[Condition], query: Query) -> list[Row]:
        """Newest first unless asked otherwise. Raises InvalidInput, and ``missing``."""
        columns, directions = self._order(query)
        statement = sa.select(self.table).where(*conditions)
        if query.marker:
            start = rows.get(conn, self.table, query.marker)
            if start is None:
                raise self.missing(query.marker)
            values = [start[str(column.key)] for column in columns]
            statement = statement.where(beyond(columns, directions, values))
        for column, direction in zip(columns, directions, strict=True):
            statement = statement.order_by(order_by(conn, column, direction))
        limit = MAX_LIMIT if query.limit is None else query.limit
        if limit == 0:
            return []
        statement = statement.limit(limit)
        if query.offset:
            statement = statement.offset(query.offset)
        return [dict(row) for row in conn.execute(statement).mappings()]

    def count(self, conn: Connection, conditions: Iterable[Condition]) -> int:
        return rows.count(conn, self.table, *conditions)

    def _order(self, query: Query) -> tuple[list[ColumnElement[Any]], list[str]]:
        sort = list(query.sort) or [("created_at", "desc")]
        if not any(key == "id" for key, _ in sort):
            sort.append(("id", sort[0][1]))
        columns, directions = [], []
        for key, direction in sort:
            column = self.columns.get(key)
            if column is None or (self.sortable is not None and key not in self.sortable):
                raise InvalidInput(reason=f"Sort key supplied is invalid: {key}")
            if direction not in ("asc", "desc"):
                raise InvalidInput(reason="Unknown sort direction, must be 'desc' or 'asc'.")
            columns.append(column)
            directions.append(direction)
        return columns, directions


def _literal(value: Any) -> Any:
    """A filter may be written as a Python literal: a list of values, or a dict of metadata."""
    if isinstance(value, str) and value[:1] in "[{(":
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return value
    return value


def _typed(column: ColumnElement[Any], name: str, value: Any) -> Any:
    if isinstance(column.type, sa.Boolean):
        return rows.boolean_of(value, name)
    if isinstance(column.type, sa.Integer):
        number = _integer(value, name)
        if abs(number) > MAX_NUMBER:
            raise InvalidInput(reason=f"{name} must be <= {MAX_NUMBER}")
        return number
    return "" if value is None else str(value)


def _moments(column: ColumnElement[Any], text: str, query: Query) -> Condition:
    """``gt:2018-01-01T00:00:00,lt:2019-01-01``: all of them."""
    found = []
    for part in text.split(","):
        operator, _, rest = part.partition(":")
        if operator in _COMPARISONS and query.version >= TIME_FILTERS:
            found.append(_COMPARISONS[operator](column, _moment(rest)))
        else:
            found.append(column == _moment(part))
    return sa.and_(*found)


def _moment(text: str) -> datetime.datetime:
    try:
        value = datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise InvalidInput(reason=f"Filters {text} is not a valid time.") from None
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return value


def pairs_filter(
    pairs: Table, owner: ColumnElement[Any], row_id: ColumnElement[Any]
) -> SpecialFilter:
    """Rows whose keys and values hold all of a dict."""

    def condition(conn: Connection, value: Any) -> Condition:
        if not isinstance(value, dict):
            return sa.false()
        found = [
            sa.exists().where(owner == row_id, pairs.c.key == str(key), pairs.c.value == str(item))
            for key, item in value.items()
        ]
        return sa.and_(sa.true(), *found)

    return condition
