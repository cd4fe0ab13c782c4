"""The order of a list, as Python sees it: the same as the databases', so that pages merge."""

import functools
from collections.abc import Callable
from typing import Any

from novalite.db.cell_database import instance_query
from novalite.db.cell_database.instances import InstanceQuery
from novalite.objects import Instance

# Columns that a record has under another name.
_ELSEWHERE: dict[str, Callable[[Instance], Any]] = {
    "instance_type_id": lambda instance: instance.flavor.id if instance.flavor else None,
    "deleted": lambda instance: (instance.id or 0) if instance.deleted else 0,
}


def value(instance: Instance, column: str) -> Any:
    """A column of a record; None for columns that records do not carry."""
    if column in _ELSEWHERE:
        return _ELSEWHERE[column](instance)
    return getattr(instance, column, None)


class Order:
    """``key`` sorts records as ``query`` asks; nothing sorts before everything else."""

    def __init__(self, query: InstanceQuery) -> None:
        keys, directions = instance_query.ordering(query)
        self._parts = [
            (key, -1 if direction == "desc" else 1)
            for key, direction in zip(keys, directions, strict=True)
        ]
        self.key = functools.cmp_to_key(self._compare)

    def _compare(self, one: Instance, other: Instance) -> int:
        for column, sign in self._parts:
            mine, theirs = value(one, column), value(other, column)
            if mine == theirs:
                continue
            if mine is None or theirs is None:
                return sign * (-1 if mine is None else 1)
            return sign * (-1 if mine < theirs else 1)
        return 0
