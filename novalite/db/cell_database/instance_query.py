"""What a list of servers may ask for, as one SELECT."""

import dataclasses
import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection
from sqlalchemy.sql import ColumnElement

from novalite import exception
from novalite.db.cell_database import models
from novalite.db.cell_database.instance_loading import COLLECTIONS, SELECT
from novalite.db.statements import any_of, beyond, order_by

instances = models.instances
NEWEST_FIRST = (("created_at", "desc"),)

# Names of the API that are not the column's own.
ALIASES = {
    "name": "display_name",
    "description": "display_description",
    "tenant_id": "project_id",
    "image": "image_ref",
    "flavor": "instance_type_id",
}
# What one sorts by last, so that the order is total, in one database and across several.
_TIE_BREAKERS = ("id", "uuid")


@dataclasses.dataclass(slots=True)
class InstanceQuery:
    """All conditions must hold.

    ``equals``: column -> value; None means NULL, a list or set means any of them.
    ``matches``: column -> regular expression (a substring on SQLite).
    ``states``: (vm_states, task_states or None for any), as ``states.states_of`` gives them.
    ``metadata``, ``system_metadata``: pairs that the server must have.
    ``tags`` all, ``tags_any`` one, ``not_tags`` not all, ``not_tags_any`` none of them.
    ``deleted``: False, True, or None for both; ``hidden`` likewise.
    ``changes_since``, ``changes_before``: bounds on the last change, inclusive.
    ``sort_keys`` with ``sort_dirs`` (asc, desc; missing ones repeat the last): columns; id and
    uuid are appended.
    ``marker``: uuid of the last server seen. ``marker_values`` instead of it: what
    ``marker_values`` of the database that holds that server answered, for the same sort keys.
    ``load``: collections to load (metadata, system_metadata, tags, block_devices, fault).

    Names of columns may be the API's: name, image, tenant_id, flavor (its number)...
    """

    equals: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    matches: Mapping[str, str] = dataclasses.field(default_factory=dict)
    states: tuple[Collection[str], Collection[str] | None] | None = None
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    system_metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tags: Collection[str] = ()
    tags_any: Collection[str] = ()
    not_tags: Collection[str] = ()
    not_tags_any: Collection[str] = ()
    uuids: Collection[str] | None = None
    deleted: bool | None = False
    hidden: bool | None = False
    changes_since: datetime.datetime | None = None
    changes_before: datetime.datetime | None = None
    sort_keys: Sequence[str] = ("created_at",)
    sort_dirs: Sequence[str] = ("desc",)
    limit: int | None = None
    marker: str | None = None
    marker_values: Sequence[Any] | None = None
    load: Collection[str] = COLLECTIONS


def column(name: str) -> Column[Any]:
    """Raises InvalidInput for what is not a column of servers."""
    found = instances.c.get(ALIASES.get(name, name))
    if found is None:
        raise exception.InvalidInput(reason=f"servers have no {name}")
    return found


def ordering(query: InstanceQuery) -> tuple[list[str], list[str]]:
    """The complete sort keys and directions, tie breakers included."""
    keys = [ALIASES.get(key, key) for key in query.sort_keys] or ["created_at"]
    directions = list(query.sort_dirs)[: len(keys)] or ["desc"]
    directions += [directions[-1]] * (len(keys) - len(directions))
    for name in _TIE_BREAKERS:
        if name not in keys:
            keys.append(name)
            directions.append(directions[-1])
    return keys, directions


def marker_values(conn: Connection, query: InstanceQuery, uuid: str) -> list[Any] | None:
    """Where the server ``uuid`` (deleted or not) stands in the query's order; None when it is not
    in this database."""
    keys, _ = ordering(query)
    row = conn.execute(
        sa.select(*(column(key) for key in keys)).where(instances.c.uuid == uuid)
    ).first()
    return None if row is None else list(row)


def select(conn: Connection, query: InstanceQuery) -> sa.Select[Any]:
    """Raises MarkerNotFound and InvalidInput."""
    keys, directions = ordering(query)
    columns = [column(key) for key in keys]
    statement = SELECT.where(*_conditions(conn, query))
    values = query.marker_values
    if values is None and query.marker is not None:
        values = marker_values(conn, query, query.marker)
        if values is None:
            raise exception.MarkerNotFound(marker=query.marker)
    if values is not None:
        statement = statement.where(beyond(columns, directions, values))
    statement = statement.order_by(
        *(order_by(conn, c, d) for c, d in zip(columns, directions, strict=True))
    )
    return statement if query.limit is None else statement.limit(query.limit)


def _conditions(conn: Connection, query: InstanceQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.deleted is not None:
        conditions.append(instances.c.deleted > 0 if query.deleted else instances.c.deleted == 0)
    if query.hidden is not None:
        conditions.append(instances.c.hidden == query.hidden)
    for name, value in query.equals.items():
        conditions.append(_equals(conn, column(name), value))
    for name, pattern in query.matches.items():
        conditions.append(_matches(conn, column(name), pattern))
    if query.uuids is not None:
        conditions.append(any_of(conn, instances.c.uuid, query.uuids))
    if query.states is not None:
        vm_states, task_states = query.states
        conditions.append(instances.c.vm_state.in_(sorted(vm_states)))
        if task_states is not None:
            conditions.append(instances.c.task_state.in_(sorted(task_states)))
    conditions += _pairs(models.instance_metadata, query.metadata)
    conditions += _pairs(models.instance_system_metadata, query.system_metadata)
    conditions += _tags(query)
    if query.changes_since is not None:
        conditions.append(_changed() >= query.changes_since)
    if query.changes_before is not None:
        conditions.append(_changed() <= query.changes_before)
    return conditions


def _changed() -> ColumnElement[Any]:
    """``updated_at`` is set from the beginning, see ``instances.create``."""
    return instances.c.updated_at


def _equals(conn: Connection, target: Column[Any], value: Any) -> ColumnElement[bool]:
    if value is None:
        return target.is_(None)
    if isinstance(value, list | tuple | set | frozenset):
        known = [item for item in value if item is not None]
        among = target.in_(known) if len(known) < 50 else any_of(conn, target, known)
        return sa.or_(among, target.is_(None)) if len(known) < len(value) else among
    return target == value


def _matches(conn: Connection, target: Column[Any], pattern: str) -> ColumnElement[bool]:
    subject: ColumnElement[Any] = target
    if not isinstance(target.type, sa.String):
        subject = sa.cast(target, sa.String(64))
    if conn.dialect.name == "sqlite":
        return subject.contains(pattern, autoescape=True)
    return subject.regexp_match(pattern)


def _pairs(table: sa.Table, wanted: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [
        sa.exists().where(
            table.c.instance_uuid == instances.c.uuid,
            table.c.key == key,
            table.c.value == value,
            table.c.deleted == 0,
        )
        for key, value in wanted.items()
    ]


def _tags(query: InstanceQuery) -> list[ColumnElement[bool]]:
    tags = models.tags

    def tagged(*condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return sa.exists().where(tags.c.resource_id == instances.c.uuid, *condition)

    conditions = [tagged(tags.c.tag == tag) for tag in query.tags]
    if query.tags_any:
        conditions.append(tagged(tags.c.tag.in_(list(query.tags_any))))
    if query.not_tags:
        conditions.append(sa.or_(*(~tagged(tags.c.tag == tag) for tag in query.not_tags)))
    if query.not_tags_any:
        conditions.append(~tagged(tags.c.tag.in_(list(query.not_tags_any))))
    return conditions
