"""Volumes and snapshots with all that other tables say of them, however many there are: in a
fixed number of statements."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.exception import SnapshotNotFound, VolumeNotFound
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.rows import Condition
from novalite.volume.embedded.tables.attachments import attachments
from novalite.volume.embedded.tables.snapshots import snapshot_metadata, snapshots
from novalite.volume.embedded.tables.types import volume_types
from novalite.volume.embedded.tables.volumes import (
    volume_image_metadata,
    volume_metadata,
    volumes,
)


def volume(conn: Connection, core: Core, context: RequestContext, volume_id: str) -> Row:
    """The row alone. Raises VolumeNotFound also for one that the caller may not see."""
    row = rows.get(conn, volumes, str(volume_id))
    if row is None or not core.may_see(context, row):
        raise VolumeNotFound(volume_id=volume_id)
    return row


def snapshot(conn: Connection, core: Core, context: RequestContext, snapshot_id: str) -> Row:
    """The row alone. Raises SnapshotNotFound."""
    row = rows.get(conn, snapshots, str(snapshot_id))
    if row is None or not core.may_see(context, row):
        raise SnapshotNotFound(snapshot_id=snapshot_id)
    return row


def complete_volumes(conn: Connection, found: Sequence[Row]) -> list[Row]:
    """Adds ``metadata``, ``image_metadata``, ``attachments`` (rows) and ``volume_type``, the
    type's name. Four statements."""
    if not found:
        return []
    ids = rows.ids_of(found)
    of_user = rows.pairs_of(conn, volume_metadata, volume_metadata.c.volume_id, ids)
    of_image = rows.pairs_of(conn, volume_image_metadata, volume_image_metadata.c.volume_id, ids)
    attached: dict[str, list[Row]] = {}
    for each in rows.select(conn, attachments, any_of(conn, attachments.c.volume_id, ids)):
        attached.setdefault(each["volume_id"], []).append(each)
    names = type_names(conn, found)
    return [
        {
            **row,
            "metadata": of_user.get(row["id"], {}),
            "image_metadata": of_image.get(row["id"], {}),
            "attachments": attached.get(row["id"], []),
            "volume_type": names.get(row["volume_type_id"]),
        }
        for row in found
    ]


def complete_volume(conn: Connection, volume_id: str) -> Row:
    """Raises VolumeNotFound."""
    row = rows.get(conn, volumes, volume_id)
    if row is None:
        raise VolumeNotFound(volume_id=volume_id)
    return complete_volumes(conn, [row])[0]


def complete_snapshots(conn: Connection, found: Sequence[Row]) -> list[Row]:
    """Adds ``metadata``."""
    pairs = rows.pairs_of(
        conn, snapshot_metadata, snapshot_metadata.c.snapshot_id, rows.ids_of(found)
    )
    return [{**row, "metadata": pairs.get(row["id"], {})} for row in found]


def type_names(conn: Connection, found: Sequence[Row]) -> dict[str | None, str]:
    ids = list({row["volume_type_id"] for row in found if row["volume_type_id"]})
    if not ids:
        return {}
    query = sa.select(volume_types.c.id, volume_types.c.name)
    matching = conn.execute(query.where(any_of(conn, volume_types.c.id, ids)))
    return {type_id: name for type_id, name in matching}  # noqa: C416 - rows are no pairs to mypy


def snapshots_of(conn: Connection, volume_id: str, *conditions: Condition) -> list[Row]:
    """Oldest first."""
    query = (
        sa.select(snapshots)
        .where(snapshots.c.volume_id == volume_id, *conditions)
        .order_by(snapshots.c.number, snapshots.c.created_at)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def attachments_of(conn: Connection, volume_id: str) -> list[Row]:
    return rows.select(conn, attachments, attachments.c.volume_id == volume_id)


def is_exported(conn: Connection, volume_id: str) -> bool:
    """Whether a host was told how to reach the volume, so that a server may be using it."""
    return any(each["connector"] for each in attachments_of(conn, volume_id))
