"""Host aggregates: named groups of hosts with metadata, among it the availability zone."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from oslo_utils import uuidutils
from sqlalchemy import Connection

from novalite import exception
from novalite.db.api_database import models
from novalite.db.errors import DuplicateKey
from novalite.db.statements import any_of, new_id
from novalite.db.types import utcnow
from novalite.objects import Aggregate

table = models.aggregates
hosts = models.aggregate_hosts
metadata = models.aggregate_metadata
ZONE = "availability_zone"

_select = sa.select(
    table.c.id, table.c.uuid, table.c.name, table.c.created_at, table.c.updated_at
).order_by(table.c.id)


def list_(conn: Connection) -> list[Aggregate]:
    """All, by number, in three statements."""
    return _load(conn, _select)


def get(conn: Connection, aggregate_id: int, *, lock: bool = False) -> Aggregate:
    """``lock``: until the transaction ends nobody else changes it. Raises AggregateNotFound."""
    if lock:
        _lock(conn, aggregate_id)
    found = _load(conn, _select.where(table.c.id == aggregate_id))
    if not found:
        raise exception.AggregateNotFound(aggregate_id=aggregate_id)
    return found[0]


def lock_all(conn: Connection) -> list[Aggregate]:
    """As ``list_``, and until the transaction ends no other one gets past this: what is decided
    from the hosts and zones of several aggregates stays true."""
    conn.execute(sa.select(table.c.id).order_by(table.c.id).with_for_update()).all()
    return list_(conn)


def zones(conn: Connection) -> dict[str, str]:
    """host -> availability zone, of the hosts in zoned aggregates. One statement."""
    query = (
        sa.select(hosts.c.host, metadata.c.value)
        .join(metadata, metadata.c.aggregate_id == hosts.c.aggregate_id)
        .where(metadata.c.key == ZONE)
        .order_by(hosts.c.id)
    )
    return dict(conn.execute(query).all())


def create(conn: Connection, name: str, metadata_: Mapping[str, str] | None = None) -> Aggregate:
    """Raises AggregateNameExists."""
    try:
        result = conn.execute(table.insert(), {"uuid": uuidutils.generate_uuid(), "name": name})
    except DuplicateKey:
        raise exception.AggregateNameExists(aggregate_name=name) from None
    id_ = new_id(result)
    update_metadata(conn, id_, dict(metadata_ or {}))
    return get(conn, id_)


def rename(conn: Connection, aggregate_id: int, name: str) -> None:
    """Raises AggregateNotFound and AggregateNameExists."""
    try:
        found = conn.execute(
            table.update().where(table.c.id == aggregate_id),
            {"name": name, "updated_at": utcnow()},
        ).rowcount
    except DuplicateKey:
        raise exception.AggregateNameExists(aggregate_name=name) from None
    if not found:
        raise exception.AggregateNotFound(aggregate_id=aggregate_id)


def update_metadata(conn: Connection, aggregate_id: int, changes: Mapping[str, str | None]) -> None:
    """Set these keys; None removes one. Raises AggregateNotFound."""
    _lock(conn, aggregate_id)
    mine = metadata.c.aggregate_id == aggregate_id
    if changes:
        conn.execute(metadata.delete().where(mine, any_of(conn, metadata.c.key, changes)))
    rows = [
        {"aggregate_id": aggregate_id, "key": key, "value": value}
        for key, value in changes.items()
        if value is not None
    ]
    if rows:
        conn.execute(metadata.insert(), rows)


def touch(conn: Connection, aggregate_id: int) -> None:
    """It was changed now."""
    query = table.update().where(table.c.id == aggregate_id)
    conn.execute(query, {"updated_at": utcnow()})


def add_host(conn: Connection, aggregate_id: int, host: str) -> None:
    """Raises AggregateNotFound and AggregateHostExists."""
    _lock(conn, aggregate_id)
    try:
        conn.execute(hosts.insert(), {"aggregate_id": aggregate_id, "host": host})
    except DuplicateKey:
        raise exception.AggregateHostExists(aggregate_id=aggregate_id, host=host) from None


def remove_host(conn: Connection, aggregate_id: int, host: str) -> None:
    """Raises AggregateNotFound and AggregateHostNotFound."""
    _lock(conn, aggregate_id)
    mine = sa.and_(hosts.c.aggregate_id == aggregate_id, hosts.c.host == host)
    if not conn.execute(hosts.delete().where(mine)).rowcount:
        raise exception.AggregateHostNotFound(aggregate_id=aggregate_id, host=host)


def destroy(conn: Connection, aggregate_id: int) -> None:
    """With its metadata. Raises AggregateNotFound."""
    if not conn.execute(table.delete().where(table.c.id == aggregate_id)).rowcount:
        raise exception.AggregateNotFound(aggregate_id=aggregate_id)


def _lock(conn: Connection, aggregate_id: int) -> None:
    query = sa.select(table.c.id).where(table.c.id == aggregate_id).with_for_update()
    if conn.execute(query).scalar() is None:
        raise exception.AggregateNotFound(aggregate_id=aggregate_id)


def _load(conn: Connection, query: sa.Select[tuple[int, str, str]]) -> list[Aggregate]:
    found = {
        row.id: Aggregate(
            id=row.id,
            uuid=row.uuid,
            name=row.name,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in conn.execute(query)
    }
    if found:
        _add_members(conn, found, list(found))
    return list(found.values())


def _add_members(conn: Connection, found: dict[int, Aggregate], ids: Iterable[int]) -> None:
    members = sa.select(hosts.c.aggregate_id, hosts.c.host).order_by(hosts.c.id)
    for id_, host in conn.execute(members.where(any_of(conn, hosts.c.aggregate_id, ids))):
        found[id_].hosts.append(host)
    pairs = sa.select(metadata.c.aggregate_id, metadata.c.key, metadata.c.value)
    pairs = pairs.where(any_of(conn, metadata.c.aggregate_id, ids)).order_by(metadata.c.id)
    for id_, key, value in conn.execute(pairs):
        found[id_].metadata[key] = value
