"""Servers: their row, its extras, and the compare-and-swap by which their state changes."""

import datetime
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception, states
from novalite.db.cell_database import (
    allocations,
    block_devices,
    instance_loading,
    models,
    pairs,
    tags,
)
from novalite.db.cell_database.instance_loading import COLLECTIONS, SELECT
from novalite.db.cell_database.instance_query import InstanceQuery, marker_values, select
from novalite.db.statements import any_of, new_id
from novalite.db.types import utcnow
from novalite.objects import Instance

__all__ = [
    "InstanceQuery",
    "count",
    "create",
    "create_many",
    "destroy",
    "existing",
    "get",
    "get_many",
    "list_",
    "marker_values",
    "name_taken",
    "on_host",
    "update",
]

table = models.instances
extra = models.instance_extra
caches = models.instance_info_caches

_ROW = frozenset(instance_loading.ROW_COLUMNS) - {"id", "uuid", "deleted", "deleted_at"}
_ROW_CHANGES = (_ROW - {"created_at"}) | {"ephemeral_key_uuid", "cleaned", "instance_type_id"}
_EXTRA_CHANGES = frozenset(instance_loading.EXTRA_COLUMNS)
_PAIRS = {
    "metadata": models.instance_metadata,
    "system_metadata": models.instance_system_metadata,
}


def create(conn: Connection, instance: Instance) -> Instance:
    """Store a new server with all it carries; sets ``id``, ``created_at`` and ``updated_at``, and
    its block devices' uuids. Raises DuplicateKey when the uuid exists in this cell."""
    create_many(conn, [instance])
    return instance


def create_many(conn: Connection, new: Sequence[Instance]) -> None:
    """The same for several, in hardly more statements: each gets its number by its own."""
    for instance in new:
        instance.created_at = instance.created_at or utcnow()
        instance.updated_at = instance.updated_at or instance.created_at
        row = {name: getattr(instance, name) for name in _ROW}
        row["uuid"] = instance.uuid
        row["instance_type_id"] = instance.flavor.id if instance.flavor is not None else None
        instance.id = new_id(conn.execute(table.insert(), row))
    if not new:
        return
    extras = [_stamp(i, {n: getattr(i, n) for n in instance_loading.EXTRA_COLUMNS}) for i in new]
    conn.execute(extra.insert(), extras)
    conn.execute(caches.insert(), [_stamp(i, {"network_info": i.network_info}) for i in new])
    for name, child in _PAIRS.items():
        pairs.insert(conn, child, {i.uuid: getattr(i, name) or {} for i in new})
    for instance in new:
        if instance.tags:
            tags.insert(conn, instance.uuid, instance.tags)
    block_devices.create_many(conn, {i.uuid: i.block_devices or () for i in new})


def _stamp(instance: Instance, values: dict[str, Any]) -> dict[str, Any]:
    return {"instance_uuid": instance.uuid, "created_at": instance.created_at, **values}


def existing(conn: Connection, uuids: Collection[str]) -> set[str]:
    """Those of ``uuids`` that have a row here, deleted or not."""
    if not uuids:
        return set()
    return set(
        conn.execute(sa.select(table.c.uuid).where(any_of(conn, table.c.uuid, uuids))).scalars()
    )


def get(
    conn: Connection,
    uuid: str,
    load: Collection[str] = COLLECTIONS,
    deleted: bool | None = False,
) -> Instance:
    """``deleted``: False, True, or None for either. Raises InstanceNotFound."""
    found = get_many(conn, [uuid], load, deleted)
    if not found:
        raise exception.InstanceNotFound(instance_id=uuid)
    return found[0]


def get_many(
    conn: Connection,
    uuids: Collection[str],
    load: Collection[str] = COLLECTIONS,
    deleted: bool | None = False,
) -> list[Instance]:
    """Those that exist, in no particular order."""
    if not uuids:
        return []
    query = SELECT.where(any_of(conn, table.c.uuid, uuids))
    if deleted is not None:
        query = query.where(table.c.deleted > 0 if deleted else table.c.deleted == 0)
    return instance_loading.load(conn, conn.execute(query).all(), load)


def list_(conn: Connection, query: InstanceQuery) -> list[Instance]:
    """One page of servers, in a number of statements that depends on ``query.load`` alone.

    Raises MarkerNotFound, InvalidInput (no such column) and InvalidPattern.
    """
    if query.limit == 0:
        return []
    return instance_loading.load(conn, conn.execute(select(conn, query)).all(), query.load)


def on_host(
    conn: Connection,
    host: str,
    unfinished_only: bool = False,
    load: Collection[str] = ("block_devices",),
) -> list[Instance]:
    """The servers of a compute host, oldest first; ``unfinished_only``: those that are building
    or have a task_state, or a block device that has one."""
    query = SELECT.where(table.c.host == host, table.c.deleted == 0).order_by(table.c.id)
    if unfinished_only:
        devices = models.block_device_mapping.c
        of_devices = sa.select(devices.instance_uuid).where(
            devices.task_state.is_not(None), devices.deleted == 0
        )
        query = query.where(
            sa.or_(
                table.c.task_state.is_not(None),
                table.c.vm_state == states.BUILDING,
                table.c.uuid.in_(of_devices),
            )
        )
    return instance_loading.load(conn, conn.execute(query).all(), load)


def count(conn: Connection, **equals: Any) -> int:
    """Servers that are not deleted and have these column values."""
    query = sa.select(sa.func.count()).select_from(table).where(table.c.deleted == 0)
    return conn.execute(query.where(*(table.c[k] == v for k, v in equals.items()))).scalar_one()


def name_taken(conn: Connection, name: str, project_id: str | None = None) -> bool:
    """Whether a server that is not deleted has this name, whatever its case; in one project or
    in all."""
    query = sa.select(table.c.id).where(
        sa.func.lower(table.c.display_name) == name.lower(), table.c.deleted == 0
    )
    if project_id is not None:
        query = query.where(table.c.project_id == project_id)
    return conn.execute(query.limit(1)).first() is not None


def update(
    conn: Connection,
    uuid: str,
    changes: Mapping[str, Any],
    expected_task_state: Sequence[str | None] | str | None = None,
    expected_vm_state: Sequence[str] | str | None = None,
    expected_host: str | None = None,
    now: datetime.datetime | None = None,
) -> None:
    """Change a server by one conditional UPDATE.

    ``changes``: columns, ``flavor``, ``keypairs``, ``trusted_certs``, ``scheduling``,
    ``network_info``; and ``metadata``, ``system_metadata`` and ``tags``, which replace all there
    was. ``expected_task_state`` None means any; ``[None]`` means that no task runs.
    Raises InstanceNotFound (also when it is on another host than ``expected_host``),
    UnexpectedTaskState, and UnexpectedDeletingTaskState when it is being deleted.
    """
    now = now or utcnow()
    unknown = set(changes) - _ROW_CHANGES - _EXTRA_CHANGES - {"network_info", "tags", *_PAIRS}
    if unknown:
        raise exception.InvalidInput(reason=f"not changeable of a server: {sorted(unknown)}")
    row = {name: value for name, value in changes.items() if name in _ROW_CHANGES}
    row["updated_at"] = now
    if changes.get("flavor") is not None:
        row["instance_type_id"] = changes["flavor"].id
    statement = _update_statement(
        _several(expected_task_state), _several(expected_vm_state), expected_host is not None
    )
    which = {"its_uuid": uuid, "its_host": expected_host}
    if not conn.execute(statement, {**which, **row}).rowcount:
        _explain(conn, uuid, expected_task_state, expected_vm_state, expected_host)
    _update_parts(conn, uuid, changes, now)


def _several(expected: Sequence[str | None] | str | None) -> tuple[str | None, ...] | None:
    if expected is None or isinstance(expected, str):
        return None if expected is None else (expected,)
    return tuple(expected)


@functools.lru_cache(maxsize=128)
def _update_statement(
    task_state: tuple[str | None, ...] | None,
    vm_state: tuple[str | None, ...] | None,
    host: bool,
) -> sa.Update:
    """Kept, since making one takes longer than running it, and few expectations ever occur."""
    statement = table.update().where(table.c.uuid == sa.bindparam("its_uuid"), table.c.deleted == 0)
    if task_state is not None:
        statement = statement.where(_one_of(table.c.task_state, task_state))
    if vm_state is not None:
        statement = statement.where(_one_of(table.c.vm_state, vm_state))
    if host:
        statement = statement.where(table.c.host == sa.bindparam("its_host"))
    return statement


def _one_of(column: sa.Column[Any], wanted: Sequence[str | None]) -> Any:
    named = [value for value in wanted if value is not None]
    condition = column.in_(named)
    if None in wanted:
        return sa.or_(condition, column.is_(None)) if named else column.is_(None)
    return condition


def _explain(conn: Connection, uuid: str, task_state: Any, vm_state: Any, host: str | None) -> None:
    """Raise what kept an update from finding its row."""
    row = conn.execute(
        sa.select(table.c.task_state, table.c.vm_state, table.c.host).where(
            table.c.uuid == uuid, table.c.deleted == 0
        )
    ).first()
    if row is None or (host is not None and row.host != host):
        raise exception.InstanceNotFound(instance_id=uuid)
    expected: dict[str, Any] = {}
    if task_state is not None:
        expected["task_state"] = task_state
    if vm_state is not None:
        expected["vm_state"] = vm_state
    actual = {name: getattr(row, name) for name in expected}
    kind = exception.UnexpectedTaskState
    if row.task_state == states.DELETING:
        kind = exception.UnexpectedDeletingTaskState
    raise kind(instance_uuid=uuid, expected=expected, actual=actual)


def _update_parts(
    conn: Connection, uuid: str, changes: Mapping[str, Any], now: datetime.datetime
) -> None:
    extras = {name: changes[name] for name in _EXTRA_CHANGES & changes.keys()}
    if extras:
        extras["updated_at"] = now
        conn.execute(extra.update().where(extra.c.instance_uuid == uuid).values(extras))
    if "network_info" in changes:
        conn.execute(
            caches.update()
            .where(caches.c.instance_uuid == uuid)
            .values(network_info=changes["network_info"], updated_at=now)
        )
    for name, child in _PAIRS.items():
        if name in changes:
            pairs.replace(conn, child, uuid, changes[name] or {}, now)
    if "tags" in changes:
        tags.replace(conn, uuid, changes["tags"] or ())


def destroy(conn: Connection, uuid: str, now: datetime.datetime) -> bool:
    """Mark a server and what it carries as deleted and give its claims back; whether this call
    did it. Its actions and faults stay readable."""
    done = conn.execute(
        table.update()
        .where(table.c.uuid == uuid, table.c.deleted == 0)
        .values(
            deleted=table.c.id,
            deleted_at=now,
            updated_at=now,
            terminated_at=now,
            vm_state=states.DELETED,
            task_state=None,
        )
    ).rowcount
    if done:
        children = (extra, caches, *_PAIRS.values(), block_devices.table, models.virtual_interfaces)
        for child in children:
            conn.execute(
                child.update()
                .where(child.c.instance_uuid == uuid, child.c.deleted == 0)
                .values(deleted=child.c.id, deleted_at=now)
            )
        tags.remove(conn, uuid)
    allocations.release(conn, uuid)
    return bool(done)
