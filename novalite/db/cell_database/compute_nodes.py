"""Hypervisors: what they offer, as their compute service reports it.

The counters of what is used (``vcpus_used``, ``memory_mb_used``, ``local_gb_used`` and
``running_vms``) belong to ``allocations`` and are never written here.
"""

import datetime
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from novalite import exception
from novalite.db.cell_database import models
from novalite.db.records import Mapping
from novalite.db.statements import any_of, insert_unless_there
from novalite.db.types import utcnow
from novalite.objects import ComputeNode

table = models.compute_nodes
COUNTERS = ("vcpus_used", "memory_mb_used", "local_gb_used", "running_vms")
_mapping = Mapping(ComputeNode, table)
_there = table.c.deleted == 0
_JSON = {"cpu_info": dict, "supported_instances": list, "traits": list, "stats": dict}


def report(
    conn: Connection, node: ComputeNode, now: datetime.datetime | None = None
) -> ComputeNode:
    """Store what a node offers, known by its uuid; its record is made at the first call.

    The node as stored, with its counters. A node that was rebuilt (same host and name, other
    uuid) keeps its stored uuid.
    """
    now = now or utcnow()
    values = _mapping.values(node, without=("id", "created_at", "updated_at", *COUNTERS))
    if node.service_id is None:
        del values["service_id"]
    same = sa.and_(
        table.c.host == node.host,
        table.c.hypervisor_hostname == node.hypervisor_hostname,
        _there,
    )
    known = {**values, "updated_at": now}
    del known["uuid"]
    if not conn.execute(table.update().where(same).values(known)).rowcount:
        insert_unless_there(conn, table, {**values, "created_at": now})
    row = conn.execute(_mapping.select().where(same)).first()
    if row is None:
        # The uuid is known, under another host or name: the machine was renamed.
        raise exception.Conflict(
            f"Compute node {node.uuid} is registered under another host or hypervisor name than "
            f"{node.host}/{node.hypervisor_hostname}."
        )
    return _load(row)


def get(conn: Connection, uuid: str) -> ComputeNode:
    """Raises ComputeHostNotFound."""
    return _one(conn, table.c.uuid == uuid, uuid)


def get_by_id(conn: Connection, id_: int) -> ComputeNode:
    """Raises ComputeHostNotFound."""
    return _one(conn, table.c.id == id_, str(id_))


def _one(conn: Connection, condition: ColumnElement[bool], what: str) -> ComputeNode:
    row = conn.execute(_mapping.select().where(condition, _there)).first()
    if row is None:
        raise exception.ComputeHostNotFound(host=what)
    return _load(row)


def on_host(conn: Connection, host: str) -> list[ComputeNode]:
    rows = conn.execute(_mapping.select().where(table.c.host == host, _there).order_by(table.c.id))
    return [_load(row) for row in rows]


def list_(
    conn: Connection,
    *,
    limit: int | None = None,
    marker: str | None = None,
    name_contains: str | None = None,
    ids: Iterable[int] | None = None,
) -> list[ComputeNode]:
    """By number. ``marker``: uuid of the last one seen (raises MarkerNotFound);
    ``name_contains``: part of the hypervisor's name."""
    query = _mapping.select().where(_there).order_by(table.c.id)
    if ids is not None:
        query = query.where(any_of(conn, table.c.id, ids))
    if name_contains is not None:
        query = query.where(table.c.hypervisor_hostname.contains(name_contains, autoescape=True))
    if marker is not None:
        after = conn.execute(sa.select(table.c.id).where(table.c.uuid == marker, _there)).scalar()
        if after is None:
            raise exception.MarkerNotFound(marker=marker)
        query = query.where(table.c.id > after)
    if limit is not None:
        query = query.limit(limit)
    return [_load(row) for row in conn.execute(query)]


def totals(conn: Connection) -> dict[str, int]:
    """Sums over all nodes, for os-hypervisors/statistics."""
    names = (
        "vcpus",
        "memory_mb",
        "local_gb",
        "vcpus_used",
        "memory_mb_used",
        "local_gb_used",
        "running_vms",
        "disk_available_least",
        "current_workload",
    )
    sums: list[Any] = [sa.func.coalesce(sa.func.sum(table.c[name]), 0) for name in names]
    row = conn.execute(sa.select(sa.func.count(), *sums).where(_there)).one()
    return {
        "count": row[0],
        **{name: int(value) for name, value in zip(names, row[1:], strict=True)},
    }


def destroy(conn: Connection, uuid: str, now: datetime.datetime) -> None:
    """Raises ComputeHostNotFound. Its allocations stay until their servers go."""
    found = conn.execute(
        table.update()
        .where(table.c.uuid == uuid, _there)
        .values(deleted=table.c.id, deleted_at=now)
    ).rowcount
    if not found:
        raise exception.ComputeHostNotFound(host=uuid)


def _load(row: Any) -> ComputeNode:
    node: ComputeNode = _mapping.load(row)
    for name, kind in _JSON.items():
        if getattr(node, name) is None:
            setattr(node, name, kind())
    return node
