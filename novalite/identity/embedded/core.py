"""What every part of the identity service works with."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Connection

from novalite import exception
from novalite.clock import Clock
from novalite.db.engine import Database, DuplicateKey
from novalite.identity.embedded.rows import ALL, Condition, Page, Resource, Row
from novalite.identity.embedded.tokens import microseconds

T = TypeVar("T")


class Core:
    """``changed`` is called after each transaction that wrote something: what is remembered of
    tokens may be wrong then."""

    def __init__(self, database: Database, clock: Clock, changed: Callable[[], None]) -> None:
        self.database = database
        self.clock = clock
        self._changed = changed

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        with self.database.read() as conn:
            yield conn

    def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction. Raises Conflict when another process was faster than a check."""
        try:
            result = self.database.run(work)
        except DuplicateKey as e:
            raise exception.Conflict("Conflict occurred - Duplicate entry found.") from e
        self._changed()
        return result

    def now(self) -> int:
        """Microseconds since 1970."""
        return microseconds(self.clock.now())


class Records:
    """The resources of one kind. Each method is one transaction. Errors: NotFound, Conflict for a
    name that is taken, Forbidden for what may not be done."""

    resource: Resource

    def __init__(self, core: Core) -> None:
        self.core = core

    def get(self, resource_id: str) -> Row:
        with self.core.read() as conn:
            return self.dress(conn, [self.resource.get(conn, resource_id)])[0]

    def find(self, **equal: Any) -> Row | None:
        with self.core.read() as conn:
            return self.resource.find(conn, **equal)

    def list_(self, filters: Row | None = None, page: Page = ALL) -> list[Row]:
        """``filters`` as of Resource.conditions."""
        with self.core.read() as conn:
            conditions = self.conditions(dict(filters or {}))
            return self.dress(conn, self.resource.page(conn, conditions, page))

    def create(self, values: Row) -> Row:
        return self.core.write(
            lambda conn: self.dress(conn, [self.resource.create(conn, self.new(conn, values))])[0]
        )

    def update(self, resource_id: str, changes: Row) -> Row:
        def work(conn: Connection) -> Row:
            row = self.resource.get(conn, resource_id)
            made = self.changes(conn, row, dict(changes))
            return self.dress(conn, [self.resource.update(conn, resource_id, made)])[0]

        return self.core.write(work)

    def delete(self, resource_id: str) -> None:
        def work(conn: Connection) -> None:
            self.leave(conn, self.resource.get(conn, resource_id))
            self.resource.destroy(conn, resource_id)

        self.core.write(work)

    # ---- what a kind of resource does differently ----

    def conditions(self, filters: Row) -> list[Condition]:
        return self.resource.conditions(filters)

    def dress(self, conn: Connection, rows: list[Row]) -> list[Row]:
        """Adds to rows what stands in other tables, in a fixed number of statements."""
        return rows

    def new(self, conn: Connection, values: Row) -> Row:
        """The row of a new one; checks."""
        return dict(values)

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        """The columns to write; checks."""
        return merge_extra(row, changes)

    def leave(self, conn: Connection, row: Row) -> None:
        """What goes with it; checks."""


def merge_extra(row: Row, changes: Row) -> Row:
    """``extra`` and ``options`` are changed member by member; an option that is null goes."""
    made = dict(changes)
    if "extra" in made:
        made["extra"] = {**(row.get("extra") or {}), **made["extra"]}
    if "options" in made:
        both = {**(row.get("options") or {}), **made["options"]}
        made["options"] = {name: value for name, value in both.items() if value is not None}
    return made


def name_is_free(conn: Connection, resource: Resource, row: Row) -> None:
    """Raises Conflict. ``row`` holds ``name``, ``domain_id`` where names belong to domains, and
    ``id`` when it exists."""
    where = {"domain_id": row["domain_id"]} if "domain_id" in row else {}
    taken = resource.find(conn, name=row["name"], **where)
    if taken is not None and taken["id"] != row.get("id"):
        place = f" at domain ID {row['domain_id']}" if where.get("domain_id") else ""
        raise exception.Conflict(
            f"Conflict occurred attempting to store {resource.noun} - "
            f"Duplicate entry found with name {row['name']}{place}."
        )


def must_be_mutable(noun: str, row: Row, changes: Row | None = None) -> None:
    """Raises Forbidden for a resource with the option ``immutable``, unless the only change is to
    take that option away. ``changes`` None: it is to be deleted."""
    if not (row.get("options") or {}).get("immutable"):
        return
    if changes is not None:
        options = changes.get("options", {})
        rest = {k: v for k, v in changes.items() if k != "options" and v not in ({}, None)}
        if options.get("immutable", True) in (False, None) and not rest:
            return
    what = "delete" if changes is None else "update"
    raise exception.Forbidden(
        f"Cannot {what} immutable resource {row['id']}. Set the resource option 'immutable' of "
        f"this {noun} to false first."
    )


def keep_domain(row: Row, changes: Row) -> None:
    """What belongs to a domain stays there. Raises ValidationError for another; takes the same
    one out of ``changes``."""
    if changes.pop("domain_id", row["domain_id"]) not in (row["domain_id"], None):
        raise exception.ValidationError(detail="Cannot change Domain ID")
