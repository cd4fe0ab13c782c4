"""Block devices of servers."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import Connection

from novalite import exception
from novalite.db.cell_database import models
from novalite.db.records import Mapping as RecordMapping
from novalite.db.types import utcnow
from novalite.objects import BlockDevice

table = models.block_device_mapping
mapping = RecordMapping(BlockDevice, table)
there = table.c.deleted == 0
_CHANGEABLE = frozenset(mapping.names) - {"id", "uuid", "instance_uuid", "created_at"}


def create(conn: Connection, instance_uuid: str, devices: Iterable[BlockDevice]) -> None:
    """Store a server's devices; those without a uuid get one (on the record too)."""
    create_many(conn, {instance_uuid: devices})


def create_many(conn: Connection, devices: Mapping[str, Iterable[BlockDevice]]) -> None:
    """The same for several servers: uuid -> devices."""
    rows = []
    for instance_uuid, its in devices.items():
        for device in its:
            device.uuid = device.uuid or uuidutils.generate_uuid()
            device.instance_uuid = instance_uuid
            row = mapping.values(device)
            row["created_at"] = device.created_at or utcnow()
            rows.append(row)
    if rows:
        conn.execute(table.insert(), rows)


def list_(conn: Connection, instance_uuid: str) -> list[BlockDevice]:
    """In the order of their creation."""
    query = mapping.select().where(table.c.instance_uuid == instance_uuid, there)
    return mapping.load_all(conn.execute(query.order_by(table.c.id)))


def of_volume(conn: Connection, volume_id: str) -> list[BlockDevice]:
    """Of all servers of the cell."""
    query = mapping.select().where(table.c.volume_id == volume_id, there)
    return mapping.load_all(conn.execute(query.order_by(table.c.id)))


def update(conn: Connection, instance_uuid: str, uuid: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one device; whether it exists. Raises InvalidInput for other names."""
    unknown = set(changes) - _CHANGEABLE
    if unknown:
        raise exception.InvalidInput(reason=f"not columns of a device: {sorted(unknown)}")
    return (
        conn.execute(
            table.update().where(
                table.c.uuid == uuid, table.c.instance_uuid == instance_uuid, there
            ),
            {"updated_at": utcnow(), **changes},
        ).rowcount
        > 0
    )


def drop_unreserved(conn: Connection, uuid: str, now: datetime.datetime) -> bool:
    """Remove the row of a volume that has no attachment still; whether there was one."""
    return (
        conn.execute(
            table.update()
            .where(table.c.uuid == uuid, table.c.attachment_id.is_(None), there)
            .values(deleted=table.c.id, deleted_at=now)
        ).rowcount
        > 0
    )


def destroy(conn: Connection, instance_uuid: str, uuid: str, now: datetime.datetime) -> bool:
    """Whether it existed."""
    return (
        conn.execute(
            table.update()
            .where(table.c.uuid == uuid, table.c.instance_uuid == instance_uuid, there)
            .values(deleted=table.c.id, deleted_at=now)
        ).rowcount
        > 0
    )
