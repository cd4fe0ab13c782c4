"""What interrupted work may leave in a cell, for the conductor's sweeps."""

import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import states
from novalite.db.cell_database import models

allocations = models.allocations
instances = models.instances
devices = models.block_device_mapping

# States in which a server rightly holds claims on two nodes.
_MOVING = (states.RESIZED,)


def stray_claims(conn: Connection, older_than: datetime.datetime) -> list[tuple[str, int]]:
    """(server, node) of claims made before ``older_than`` whose server exists, is not being moved
    and is on another node, or on none."""
    elsewhere = sa.or_(
        instances.c.compute_id.is_(None), instances.c.compute_id != allocations.c.compute_id
    )
    settled = sa.or_(instances.c.task_state.is_(None), instances.c.vm_state == states.BUILDING)
    query = (
        sa.select(allocations.c.instance_uuid, allocations.c.compute_id)
        .join(instances, instances.c.uuid == allocations.c.instance_uuid)
        .where(
            allocations.c.created_at < older_than,
            instances.c.deleted == 0,
            instances.c.vm_state.not_in(_MOVING),
            elsewhere,
            settled,
        )
        .order_by(allocations.c.id)
    )
    return [(uuid, node) for uuid, node in conn.execute(query)]


def newcomers(
    conn: Connection, since: datetime.datetime | None, before: datetime.datetime, limit: int = 1000
) -> list[str]:
    """Servers that were never started and last changed between these times: those that a cut
    short build may have left here."""
    query = sa.select(instances.c.uuid).where(
        instances.c.deleted == 0,
        instances.c.launched_at.is_(None),
        instances.c.updated_at < before,
    )
    if since is not None:
        query = query.where(instances.c.updated_at >= since)
    return list(conn.execute(query.order_by(instances.c.id.desc()).limit(limit)).scalars())


def unreserved_volumes(
    conn: Connection, before: datetime.datetime, limit: int = 1000
) -> list[tuple[str, str, str]]:
    """(server, row, volume) of volumes that were to be attached to a running server before that
    time, and are not even reserved. A server that was never started has its own ways."""
    query = (
        sa.select(devices.c.instance_uuid, devices.c.uuid, devices.c.volume_id)
        .join(instances, instances.c.uuid == devices.c.instance_uuid)
        .where(
            devices.c.volume_id.is_not(None),
            devices.c.attachment_id.is_(None),
            devices.c.task_state.is_(None),
            devices.c.deleted == 0,
            devices.c.created_at < before,
            instances.c.deleted == 0,
            instances.c.launched_at.is_not(None),
        )
    )
    found = conn.execute(query.order_by(devices.c.id).limit(limit))
    return [(server, row, volume) for server, row, volume in found]
