"""What the scheduler reads of a cell: a fixed number of statements, however many hosts."""

import dataclasses
import datetime
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.cell_database import models
from novalite.db.statements import any_of

nodes = models.compute_nodes
services = models.services
allocations = models.allocations
instances = models.instances
system_metadata = models.instance_system_metadata

IO_TASKS = (
    "resize_prep",
    "resize_migrating",
    "rebuilding",
    "rebuild_block_device_mapping",
    "rebuild_spawning",
    "image_snapshot",
    "image_snapshot_pending",
    "image_backup",
    "image_uploading",
    "unshelving",
)
IMAGE_PREFIX = "image_"


@dataclasses.dataclass(frozen=True, slots=True)
class NodeUsage:
    """What of a node changes with every claim, and ``updated_at``, which tells whether the rest
    changed too."""

    id: int
    updated_at: datetime.datetime | None
    vcpus_used: int
    memory_mb_used: int
    local_gb_used: int
    running_vms: int


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    instance_uuid: str
    compute_id: int
    host: str


def usage(conn: Connection) -> list[NodeUsage]:
    """Of every node, by number."""
    columns = [nodes.c[field.name] for field in dataclasses.fields(NodeUsage)]
    query = sa.select(*columns).where(nodes.c.deleted == 0).order_by(nodes.c.id)
    return [NodeUsage(*row) for row in conn.execute(query)]


def claims(conn: Connection, instance_uuids: Iterable[str]) -> list[Claim]:
    """What these servers hold, the oldest first."""
    uuids = list(instance_uuids)
    if not uuids:
        return []
    query = sa.select(
        allocations.c.instance_uuid, allocations.c.compute_id, allocations.c.host
    ).where(any_of(conn, allocations.c.instance_uuid, uuids))
    return [Claim(*row) for row in conn.execute(query.order_by(allocations.c.id))]


def io_operations(conn: Connection) -> dict[str, int]:
    """host -> its servers that are being built, resized, rebuilt or copied."""
    busy = sa.or_(instances.c.vm_state == "building", instances.c.task_state.in_(IO_TASKS))
    query = (
        sa.select(instances.c.host, sa.func.count())
        .where(instances.c.deleted == 0, instances.c.host.is_not(None), busy)
        .group_by(instances.c.host)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def image_properties(conn: Connection) -> dict[str, dict[tuple[str, str], int]]:
    """host -> (image property, value) -> servers there that have it."""
    query = (
        sa.select(instances.c.host, system_metadata.c.key, system_metadata.c.value, sa.func.count())
        .join(system_metadata, system_metadata.c.instance_uuid == instances.c.uuid)
        .where(
            instances.c.deleted == 0,
            instances.c.host.is_not(None),
            system_metadata.c.deleted == 0,
            system_metadata.c.key.startswith(IMAGE_PREFIX, autoescape=True),
        )
        .group_by(instances.c.host, system_metadata.c.key, system_metadata.c.value)
    )
    found: dict[str, dict[tuple[str, str], int]] = {}
    for host, key, value, count in conn.execute(query):
        found.setdefault(host, {})[key.removeprefix(IMAGE_PREFIX), value] = count
    return found
