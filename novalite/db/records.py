"""From rows to records."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Column, Table

R = TypeVar("R")


class Mapping:
    """How a record's members lie in the columns of one table, member by member.

    ``renamed``: member -> column name where they differ. Members without a column are left to
    their default.
    """

    def __init__(self, record: type[Any], table: Table, renamed: dict[str, str] | None = None):
        renamed = renamed or {}
        self.record = record
        self.table = table
        self.members: dict[str, Column[Any]] = {}
        for field in dataclasses.fields(record):
            column = renamed.get(field.name, field.name)
            if column in table.c:
                self.members[field.name] = table.c[column]
        self.names = tuple(self.members)
        self.columns = tuple(self.members.values())
        self._complete = len(self.names) == len(dataclasses.fields(record))

    def select(self) -> sa.Select[Any]:
        return sa.select(*self.columns)

    def load(self, row: Sequence[Any]) -> Any:
        """A record from a row of ``columns``."""
        if self._complete:
            return self.record(*row)
        return self.record(**dict(zip(self.names, row, strict=False)))

    def load_all(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        return [self.load(row) for row in rows]

    def values(self, record: Any, *, without: Iterable[str] = ("id",)) -> dict[str, Any]:
        """The columns' values; None is left out where the column has a default."""
        skipped = set(without)
        out = {}
        for name, column in self.members.items():
            if name in skipped:
                continue
            value = getattr(record, name)
            if value is None and not column.nullable:
                continue
            out[column.name] = value
        return out
