"""Servers that were accepted and are in no cell yet, and who is building them.

A build request is worked on by whoever holds its lease: ``lease_owner``, until
``lease_expires_at``. A lease is taken by one conditional UPDATE, so that two conductors never
hold the same request.
"""

import datetime
from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from novalite import exception
from novalite.db.api_database import models
from novalite.db.records import Mapping
from novalite.db.statements import any_of
from novalite.objects import BuildRequest

table = models.build_requests
_mapping = Mapping(BuildRequest, table, {"block_devices": "block_device_mappings"})


def create(conn: Connection, requests: Iterable[BuildRequest]) -> None:
    """Raises DuplicateKey."""
    rows = [_mapping.values(request) for request in requests]
    if rows:
        conn.execute(table.insert(), rows)


def get(conn: Connection, uuid: str) -> BuildRequest:
    """Raises BuildRequestNotFound."""
    row = conn.execute(_mapping.select().where(table.c.instance_uuid == uuid)).first()
    if row is None:
        raise exception.BuildRequestNotFound(uuid=uuid)
    return _load(row)


def list_(
    conn: Connection, project_id: str | None = None, *, limit: int | None = None
) -> list[BuildRequest]:
    """Newest first; of one project, or of all."""
    query = _mapping.select().order_by(table.c.created_at.desc(), table.c.id.desc())
    if project_id is not None:
        query = query.where(table.c.project_id == project_id)
    if limit is not None:
        query = query.limit(limit)
    return [_load(row) for row in conn.execute(query)]


def save(conn: Connection, request: BuildRequest) -> bool:
    """Store a changed ``instance``, ``block_devices`` and ``tags``; whether it still exists."""
    changes = {
        "instance": request.instance,
        "block_device_mappings": request.block_devices,
        "tags": request.tags,
    }
    return (
        conn.execute(
            table.update().where(table.c.instance_uuid == request.instance_uuid), changes
        ).rowcount
        > 0
    )


def destroy(conn: Connection, uuid: str) -> bool:
    """Whether there was one. False tells a conductor that the user deleted the server."""
    return conn.execute(table.delete().where(table.c.instance_uuid == uuid)).rowcount > 0


def destroy_many(conn: Connection, uuids: Collection[str]) -> set[str]:
    """Those of ``uuids`` that there were."""
    if len(uuids) < 2:
        return {uuid for uuid in uuids if destroy(conn, uuid)}
    # Locked, so that of two who do this at once only one is told of a request.
    mine = sa.select(table.c.id, table.c.instance_uuid).with_for_update()
    found = conn.execute(mine.where(any_of(conn, table.c.instance_uuid, uuids))).all()
    if found:
        conn.execute(table.delete().where(any_of(conn, table.c.id, [row[0] for row in found])))
    return {row[1] for row in found}


def take(
    conn: Connection,
    owner: str,
    now: datetime.datetime,
    until: datetime.datetime,
    uuids: Iterable[str] | None = None,
    limit: int = 100,
    older_than: datetime.datetime | None = None,
) -> list[BuildRequest]:
    """Lease requests to ``owner`` until ``until`` and return them, oldest first.

    Those that nobody holds, whose lease is over, or that are the owner's own; of ``uuids``, or
    any; ``older_than``: only those accepted before.
    """
    free = sa.or_(
        table.c.lease_owner.is_(None),
        table.c.lease_owner == owner,
        table.c.lease_expires_at < now,
    )
    candidates = sa.select(table.c.id).where(free).order_by(table.c.id).limit(limit)
    if uuids is not None:
        uuids = list(uuids)
        if not uuids:
            return []
        candidates = candidates.where(any_of(conn, table.c.instance_uuid, uuids))
    if older_than is not None:
        candidates = candidates.where(table.c.created_at < older_than)
    ids = list(conn.execute(candidates).scalars())
    if not ids:
        return []
    among = any_of(conn, table.c.id, ids)
    conn.execute(
        table.update().where(among, free).values(lease_owner=owner, lease_expires_at=until)
    )
    mine = _mapping.select().where(among, table.c.lease_owner == owner).order_by(table.c.id)
    return [_load(row) for row in conn.execute(mine)]


def renew(
    conn: Connection, owner: str, until: datetime.datetime, uuids: Iterable[str] | None = None
) -> int:
    """Prolong the owner's leases (or those of ``uuids``); how many it holds."""
    return conn.execute(
        table.update().where(*_owned(conn, owner, uuids)).values(lease_expires_at=until)
    ).rowcount


def release(conn: Connection, owner: str, uuids: Iterable[str] | None = None) -> int:
    """Give the owner's leases back (or those of ``uuids``); how many there were."""
    return conn.execute(
        table.update()
        .where(*_owned(conn, owner, uuids))
        .values(lease_owner=None, lease_expires_at=None)
    ).rowcount


def _owned(conn: Connection, owner: str, uuids: Iterable[str] | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [table.c.lease_owner == owner]
    if uuids is not None:
        conditions.append(any_of(conn, table.c.instance_uuid, uuids))
    return conditions


def _load(row: sa.Row) -> BuildRequest:
    request: BuildRequest = _mapping.load(row)
    request.block_devices = request.block_devices or []
    request.tags = request.tags or []
    return request
