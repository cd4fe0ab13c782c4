"""Claims: what servers hold of compute nodes.

A claim is a row of ``allocations`` plus the node's counters, changed together in the caller's
transaction: the counters are always the sum of the rows. The node is raised by one conditional
UPDATE, so that any number of schedulers cannot oversell it.
"""

import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from novalite.db.cell_database import models
from novalite.db.statements import ignoring_duplicates
from novalite.db.types import utcnow

table = models.allocations
nodes = models.compute_nodes
instances = models.instances


@dataclasses.dataclass(frozen=True, slots=True)
class Allocation:
    """``memory_mb`` in MiB, ``local_gb`` in GiB."""

    id: int
    instance_uuid: str
    compute_id: int
    host: str
    vcpus: int
    memory_mb: int
    local_gb: int
    created_at: datetime.datetime


_select = sa.select(*(table.c[field.name] for field in dataclasses.fields(Allocation)))

# What a node offers of each resource: (amount, total, used, reserved, ratio).
_RESOURCES = (
    ("vcpus", nodes.c.reserved_vcpus, nodes.c.cpu_allocation_ratio),
    ("memory_mb", nodes.c.reserved_memory_mb, nodes.c.ram_allocation_ratio),
    ("local_gb", nodes.c.reserved_gb, nodes.c.disk_allocation_ratio),
)


def claim(
    conn: Connection,
    instance_uuid: str,
    compute_id: int,
    vcpus: int,
    memory_mb: int,
    local_gb: int,
) -> bool:
    """Whether the server now holds these amounts of the node (or held a claim there before).

    A claim fits when used + amount <= (total - reserved) * ratio, and no server may be larger
    than the machine itself. A resource of which nothing is asked is not checked.
    """
    amounts = {"vcpus": vcpus, "memory_mb": memory_mb, "local_gb": local_gb}
    # The node first: whoever has its row has all that is needed, so that nobody waits in a
    # circle. A doubled claim waits there too, and then finds the row of the first one.
    if not _raise(conn, compute_id, amounts):
        return _holds(conn, instance_uuid, compute_id)
    if not _insert(conn, instance_uuid, compute_id, amounts):
        conn.execute(nodes.update().where(nodes.c.id == compute_id).values(_changed(amounts, -1)))
    return True


def _raise(conn: Connection, compute_id: int, amounts: dict[str, int]) -> bool:
    statement = nodes.update().where(
        nodes.c.id == compute_id, nodes.c.deleted == 0, *_fits(amounts)
    )
    return conn.execute(statement.values(_changed(amounts, 1))).rowcount > 0


def _insert(conn: Connection, instance_uuid: str, compute_id: int, amounts: dict[str, int]) -> bool:
    """Not INSERT ... SELECT, which on MariaDB locks the table's numbering for all others."""
    row = {
        "instance_uuid": instance_uuid,
        "compute_id": compute_id,
        "host": sa.select(nodes.c.host).where(nodes.c.id == compute_id).scalar_subquery(),
        "created_at": utcnow(),
        **amounts,
    }
    return conn.execute(ignoring_duplicates(conn, table).values(row)).rowcount > 0


def _holds(conn: Connection, instance_uuid: str, compute_id: int) -> bool:
    found = conn.execute(
        sa.select(table.c.id).where(
            table.c.instance_uuid == instance_uuid, table.c.compute_id == compute_id
        )
    ).first()
    return found is not None


def _fits(amounts: dict[str, int]) -> list[ColumnElement[bool]]:
    conditions = []
    for name, reserved, ratio in _RESOURCES:
        amount = amounts[name]
        if amount > 0:
            total, used = nodes.c[name], nodes.c[f"{name}_used"]
            conditions += [total >= amount, used + amount <= (total - reserved) * ratio]
    return conditions


def _changed(amounts: dict[str, int], sign: int) -> dict[Any, Any]:
    changes: dict[Any, Any] = {
        nodes.c[f"{name}_used"]: nodes.c[f"{name}_used"] + sign * amount
        for name, amount in amounts.items()
    }
    changes[nodes.c.running_vms] = nodes.c.running_vms + sign
    return changes


def release(conn: Connection, instance_uuid: str, compute_id: int | None = None) -> int:
    """Give back what the server holds, of one node or of all; how many claims there were.

    Doing it twice, or twice at once, gives back once.
    """
    query = _select.where(table.c.instance_uuid == instance_uuid).with_for_update()
    if compute_id is not None:
        query = query.where(table.c.compute_id == compute_id)
    held = [Allocation(*row) for row in conn.execute(query.order_by(table.c.compute_id))]
    return sum(_give_back(conn, allocation) for allocation in held)


def _give_back(conn: Connection, allocation: Allocation) -> bool:
    if not conn.execute(table.delete().where(table.c.id == allocation.id)).rowcount:
        return False
    amounts = {name: getattr(allocation, name) for name, _, _ in _RESOURCES}
    conn.execute(
        nodes.update().where(nodes.c.id == allocation.compute_id).values(_changed(amounts, -1))
    )
    return True


def for_instance(conn: Connection, instance_uuid: str) -> list[Allocation]:
    rows = conn.execute(_select.where(table.c.instance_uuid == instance_uuid).order_by(table.c.id))
    return [Allocation(*row) for row in rows]


def for_instances(conn: Connection, instance_uuids: list[str]) -> dict[str, list[Allocation]]:
    """uuid -> claims, of those servers that hold any."""
    from novalite.db.statements import any_of

    found: dict[str, list[Allocation]] = {}
    if instance_uuids:
        query = _select.where(any_of(conn, table.c.instance_uuid, instance_uuids))
        for row in conn.execute(query.order_by(table.c.id)):
            allocation = Allocation(*row)
            found.setdefault(allocation.instance_uuid, []).append(allocation)
    return found


def on_host(conn: Connection, host: str) -> list[Allocation]:
    rows = conn.execute(_select.where(table.c.host == host).order_by(table.c.id))
    return [Allocation(*row) for row in rows]


def orphans(conn: Connection, host: str | None, older_than: datetime.datetime) -> list[Allocation]:
    """Claims (on ``host``, or anywhere) made before ``older_than`` whose server is not, or no
    longer, in this cell. A claim goes before its server is written: leave young ones alone, and
    those of which a build request still exists."""
    alive = sa.exists().where(instances.c.uuid == table.c.instance_uuid, instances.c.deleted == 0)
    query = _select.where(table.c.created_at < older_than, ~alive).order_by(table.c.id)
    if host is not None:
        query = query.where(table.c.host == host)
    return [Allocation(*row) for row in conn.execute(query)]
