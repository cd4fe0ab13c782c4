"""From rows to Instance records: the row and its one-to-one extras in one statement, each
collection in one statement more, however many servers there are."""

import dataclasses
import functools
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from novalite.db.cell_database import block_devices, instance_faults, models
from novalite.db.statements import any_of
from novalite.objects import Instance, from_json

instances = models.instances
extra = models.instance_extra
caches = models.instance_info_caches

COLLECTIONS = ("metadata", "system_metadata", "tags", "block_devices", "fault")

_EXTRAS = {
    "flavor": extra.c.flavor,
    "keypairs": extra.c.keypairs,
    "trusted_certs": extra.c.trusted_certs,
    "scheduling": extra.c.scheduling,
    "network_info": caches.c.network_info,
}
_FIELDS = tuple(f.name for f in dataclasses.fields(Instance) if f.name not in COLLECTIONS)
ROW_COLUMNS = tuple(name for name in _FIELDS if name not in _EXTRAS)
EXTRA_COLUMNS = ("flavor", "keypairs", "trusted_certs", "scheduling")

# In the order of Instance's members, so that a row is the constructor's arguments. The extras
# come as text: most are equal among many servers and are then decoded once.
SELECT = sa.select(
    *(
        sa.type_coerce(_EXTRAS[name], sa.Text()).label(name)
        if name in _EXTRAS
        else instances.c[name]
        for name in _FIELDS
    )
).select_from(
    instances.outerjoin(extra, extra.c.instance_uuid == instances.c.uuid).outerjoin(
        caches, caches.c.instance_uuid == instances.c.uuid
    )
)


def load(
    conn: Connection, rows: Iterable[Sequence[Any]], collections: Collection[str]
) -> list[Instance]:
    """Records of the rows of ``SELECT``, with the named collections of ``COLLECTIONS``.

    Flavors that are equal are one object: treat a listed server's flavor as read-only.
    """
    decoded: dict[str, Any] = {}
    found = [_instance(row, decoded) for row in rows]
    if found:
        by_uuid = {instance.uuid: instance for instance in found}
        for name in collections:
            _LOADERS[name](conn, by_uuid)
    return found


def _instance(row: Sequence[Any], decoded: dict[str, Any]) -> Instance:
    instance = Instance(*row)
    instance.deleted = bool(instance.deleted)
    raw: Any = instance.flavor
    if raw is not None:
        flavor = decoded.get(raw)
        if flavor is None:
            flavor = decoded[raw] = from_json(raw)
        instance.flavor = flavor
    for name in ("keypairs", "trusted_certs", "scheduling", "network_info"):
        raw = getattr(instance, name)
        if raw is not None:
            setattr(instance, name, from_json(raw))
    return instance


_owner = instances.alias("owner")
_OBJECT_OF_PAIRS = {
    "sqlite": "json_group_object",
    "mysql": "json_objectagg",
    "mariadb": "json_objectagg",
    "postgresql": "json_object_agg",
}


def _children(table: sa.Table, *columns: ColumnElement[Any]) -> sa.Select[Any]:
    """(instance_uuid, *columns) of what servers have; of a deleted one, what it had when it was
    deleted, not what was removed before."""
    kept = sa.or_(table.c.deleted == 0, table.c.deleted_at == _owner.c.deleted_at)
    return (
        sa.select(table.c.instance_uuid, *columns)
        .select_from(_owner)
        .join(table, sa.and_(table.c.instance_uuid == _owner.c.uuid, kept))
    )


@functools.cache
def _pairs(table: sa.Table, dialect: str) -> sa.Select[Any]:
    """One row per server, its pairs as a JSON object: a tenth of the rows to fetch."""
    together = getattr(sa.func, _OBJECT_OF_PAIRS[dialect])(table.c.key, table.c.value)
    return _children(table, sa.type_coerce(together, sa.Text())).group_by(table.c.instance_uuid)


def _load_pairs(
    conn: Connection, table: sa.Table, by_uuid: dict[str, Instance]
) -> dict[str, dict[str, str]]:
    pairs: dict[str, dict[str, str]] = {uuid: {} for uuid in by_uuid}
    query = _pairs(table, conn.dialect.name).where(any_of(conn, _owner.c.uuid, by_uuid))
    for uuid, text in conn.execute(query).all():
        # psycopg decodes JSON by itself.
        pairs[uuid] = json.loads(text) if isinstance(text, str) else text
    return pairs


def _load_metadata(conn: Connection, by_uuid: dict[str, Instance]) -> None:
    for uuid, pairs in _load_pairs(conn, models.instance_metadata, by_uuid).items():
        by_uuid[uuid].metadata = pairs


def _load_system_metadata(conn: Connection, by_uuid: dict[str, Instance]) -> None:
    for uuid, pairs in _load_pairs(conn, models.instance_system_metadata, by_uuid).items():
        by_uuid[uuid].system_metadata = pairs


def _load_tags(conn: Connection, by_uuid: dict[str, Instance]) -> None:
    for instance in by_uuid.values():
        instance.tags = []
    tags = models.tags
    query = sa.select(tags.c.resource_id, tags.c.tag)
    query = query.where(any_of(conn, tags.c.resource_id, by_uuid)).order_by(tags.c.tag)
    for uuid, tag in conn.execute(query).all():
        tags_of = by_uuid[uuid].tags
        assert tags_of is not None
        tags_of.append(tag)


_devices = _children(block_devices.table, *block_devices.mapping.columns).order_by(
    block_devices.table.c.id
)


def _load_block_devices(conn: Connection, by_uuid: dict[str, Instance]) -> None:
    for instance in by_uuid.values():
        instance.block_devices = []
    query = _devices.where(any_of(conn, _owner.c.uuid, by_uuid))
    for uuid, *row in conn.execute(query).all():
        devices = by_uuid[uuid].block_devices
        assert devices is not None
        devices.append(block_devices.mapping.load(row))


def _load_fault(conn: Connection, by_uuid: dict[str, Instance]) -> None:
    for uuid, fault in instance_faults.newest(conn, by_uuid).items():
        by_uuid[uuid].fault = fault


_LOADERS = {
    "metadata": _load_metadata,
    "system_metadata": _load_system_metadata,
    "tags": _load_tags,
    "block_devices": _load_block_devices,
    "fault": _load_fault,
}
