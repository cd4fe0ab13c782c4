"""Service records: who runs where, and when it was last heard of."""

import datetime
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import Connection

from novalite import exception
from novalite.db.cell_database import models
from novalite.db.records import Mapping
from novalite.db.statements import insert_unless_there
from novalite.db.types import utcnow
from novalite.objects import Service

table = models.services
_mapping = Mapping(Service, table)
_there = table.c.deleted == 0


def heartbeat(
    conn: Connection,
    host: str,
    binary: str,
    topic: str,
    version: int,
    now: datetime.datetime,
    *,
    disabled: bool = False,
) -> Service:
    """Say that a service lives; its record. ``report_count`` is 0 in the answer to the call that
    made the record (``disabled`` is only used then), so that the caller can map a new host; of
    several first calls at once, more than one may see it."""
    mine = (table.c.host == host, table.c.binary == binary, _there)
    beat = (
        table.update()
        .where(*mine)
        .values(
            report_count=table.c.report_count + 1,
            last_seen_up=now,
            version=version,
            topic=topic,
            updated_at=now,
        )
    )
    if not conn.execute(beat).rowcount:
        insert_unless_there(
            conn,
            table,
            {
                "uuid": uuidutils.generate_uuid(),
                "host": host,
                "binary": binary,
                "topic": topic,
                "version": version,
                "last_seen_up": now,
                "created_at": now,
                "disabled": disabled,
            },
        )
    row = conn.execute(_mapping.select().where(*mine)).one()
    return _mapping.load(row)


def get(conn: Connection, service_id: str | int) -> Service:
    """By uuid, or by number. Raises ServiceNotFound."""
    key = table.c.id if isinstance(service_id, int) else table.c.uuid
    row = conn.execute(_mapping.select().where(key == service_id, _there)).first()
    if row is None:
        raise exception.ServiceNotFound(service_id=service_id)
    return _mapping.load(row)


def get_by_host(conn: Connection, host: str, binary: str = "nova-compute") -> Service:
    """Raises ComputeHostNotFound."""
    row = conn.execute(
        _mapping.select().where(table.c.host == host, table.c.binary == binary, _there)
    ).first()
    if row is None:
        raise exception.ComputeHostNotFound(host=host)
    return _mapping.load(row)


def list_(
    conn: Connection,
    *,
    host: str | None = None,
    binary: str | None = None,
    topic: str | None = None,
    disabled: bool | None = None,
) -> list[Service]:
    """By number."""
    query = _mapping.select().where(_there).order_by(table.c.id)
    wanted = {"host": host, "binary": binary, "topic": topic, "disabled": disabled}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(table.c[name] == value)
    return _mapping.load_all(conn.execute(query))


def update(conn: Connection, service_id: str | int, **changes: Any) -> Service:
    """Change disabled, disabled_reason or forced_down. Raises ServiceNotFound."""
    key = table.c.id if isinstance(service_id, int) else table.c.uuid
    values = {"updated_at": utcnow(), **changes}
    if not conn.execute(table.update().where(key == service_id, _there), values).rowcount:
        raise exception.ServiceNotFound(service_id=service_id)
    return get(conn, service_id)


def destroy(conn: Connection, service_id: str | int, now: datetime.datetime) -> None:
    """Raises ServiceNotFound. Its nodes are the caller's to destroy."""
    key = table.c.id if isinstance(service_id, int) else table.c.uuid
    found = conn.execute(
        table.update().where(key == service_id, _there).values(deleted=table.c.id, deleted_at=now)
    ).rowcount
    if not found:
        raise exception.ServiceNotFound(service_id=service_id)
