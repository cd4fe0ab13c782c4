"""List filters applied to servers that are still build requests, and so in no table of servers."""

import re
from collections.abc import Callable
from typing import Any

from novalite.api.compute import ordering
from novalite.db.cell_database.instance_query import ALIASES
from novalite.db.cell_database.instances import InstanceQuery
from novalite.objects import Instance


def matches(instance: Instance, query: InstanceQuery, *, substrings: bool) -> bool:
    """Whether a promised server meets the query's conditions. ``substrings``: patterns are plain
    text, as they are on SQLite."""
    return all(check(instance, query, substrings) for check in _CHECKS)


def _equals(instance: Instance, query: InstanceQuery, substrings: bool) -> bool:
    for name, wanted in query.equals.items():
        actual = ordering.value(instance, ALIASES.get(name, name))
        if isinstance(wanted, list | tuple | set | frozenset):
            if actual not in wanted:
                return False
        elif actual != wanted:
            return False
    return True


def _patterns(instance: Instance, query: InstanceQuery, substrings: bool) -> bool:
    for name, pattern in query.matches.items():
        actual = ordering.value(instance, ALIASES.get(name, name))
        if actual is None:
            return False
        text = str(actual)
        if not (pattern in text if substrings else re.search(pattern, text)):
            return False
    return True


def _states(instance: Instance, query: InstanceQuery, substrings: bool) -> bool:
    if query.states is None:
        return True
    vm_states, task_states = query.states
    if instance.vm_state not in vm_states:
        return False
    return task_states is None or instance.task_state in task_states


def _pairs(instance: Instance, query: InstanceQuery, substrings: bool) -> bool:
    def holds(actual: dict[str, str] | None, wanted: Any) -> bool:
        return all((actual or {}).get(key) == value for key, value in wanted.items())

    return holds(instance.metadata, query.metadata) and holds(
        instance.system_metadata, query.system_metadata
    )


def _tags(instance: Instance, query: InstanceQuery, substrings: bool) -> bool:
    has = set(instance.tags or ())
    return (
        has >= set(query.tags)
        and (not query.tags_any or bool(has & set(query.tags_any)))
        and (not query.not_tags or not has >= set(query.not_tags))
        and not has & set(query.not_tags_any)
    )


def _times(instance: Instance, query: InstanceQuery, substrings: bool) -> bool:
    changed = instance.updated_at or instance.created_at
    if changed is None:
        return True
    if query.changes_since is not None and changed < query.changes_since:
        return False
    return query.changes_before is None or changed <= query.changes_before


def _uuids(instance: Instance, query: InstanceQuery, substrings: bool) -> bool:
    return query.uuids is None or instance.uuid in query.uuids


_CHECKS: tuple[Callable[[Instance, InstanceQuery, bool], bool], ...] = (
    _equals,
    _patterns,
    _states,
    _pairs,
    _tags,
    _times,
    _uuids,
)
