"""Volumes: list, show, update, delete. How they are made is in ``volume_create``."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.exception import InvalidInput, InvalidVolume, VolumeNotFound
from novalite.volume.embedded import listing, records, rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.rows import Condition
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.volumes import (
    volume_image_metadata,
    volume_metadata,
    volumes,
)

T = volumes
DELETABLE = ("available", "error", "error_restoring", "error_extending", "error_managing")
SNAPSHOT_DELETABLE = ("available", "error")
NOT_DELETABLE = (
    "Volume status must be available or error or error_restoring or error_extending or "
    "error_managing and must not be migrating, attached, belong to a group, have snapshots, "
    "awaiting a transfer, or be disassociated from snapshots after volume transfer."
)

COLUMNS: dict[str, Any] = {
    "id": T.c.id,
    "name": T.c.name,
    "display_name": T.c.name,
    "description": T.c.description,
    "status": T.c.status,
    "size": T.c.size,
    "bootable": T.c.bootable,
    "availability_zone": T.c.availability_zone,
    "migration_status": T.c.migration_status,
    "group_id": T.c.group_id,
    "host": T.c.host,
    "project_id": T.c.project_id,
    "tenant_id": T.c.project_id,
    "user_id": T.c.user_id,
    "snapshot_id": T.c.snapshot_id,
    "source_volid": T.c.source_volid,
    "volume_type_id": T.c.volume_type_id,
    "multiattach": T.c.multiattach,
    "encrypted": T.c.encrypted,
    "launched_at": T.c.launched_at,
    "created_at": T.c.created_at,
    "updated_at": T.c.updated_at,
}


def _bootable(conn: Connection, value: Any) -> Condition:
    text = str(value).strip().lower()
    if text not in rows.TRUE | rows.FALSE:
        raise InvalidInput(reason=f"bootable={value}")
    return T.c.bootable == (text in rows.TRUE)


def _consumes_quota(conn: Connection, value: Any) -> Condition:
    """All do: the service keeps no volumes of its own."""
    return sa.true() if rows.boolean_of(value, "consumes_quota") else sa.false()


LISTING = Listing(
    T,
    COLUMNS,
    public=frozenset(
        {
            *("name", "status", "metadata", "bootable", "migration_status"),
            *("availability_zone", "group_id", "size", "created_at", "updated_at"),
            *("glance_metadata", "consumes_quota", "display_name"),
        }
    ),
    special={
        "bootable": _bootable,
        "consumes_quota": _consumes_quota,
        "metadata": listing.pairs_filter(volume_metadata, volume_metadata.c.volume_id, T.c.id),
        "glance_metadata": listing.pairs_filter(
            volume_image_metadata, volume_image_metadata.c.volume_id, T.c.id
        ),
    },
    missing=lambda marker: VolumeNotFound(volume_id=marker),
)


class Volumes:
    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(self, context: RequestContext, query: Query) -> tuple[list[Row], int | None]:
        """(records, how many there are without paging if that was asked for)."""
        self.core.authorize(context, "volume:get_all")
        with self.core.database.read() as conn:
            conditions = LISTING.conditions(conn, self.core, context, query)
            found = LISTING.run(conn, conditions, query)
            count = LISTING.count(conn, conditions) if query.with_count else None
            return records.complete_volumes(conn, found), count

    def summary(self, context: RequestContext, query: Query) -> tuple[int, int, dict[str, Any]]:
        """(how many, GiB in all, metadata key -> values)."""
        self.core.authorize(context, "volume:get_all")
        with self.core.database.read() as conn:
            conditions = LISTING.conditions(conn, self.core, context, query)
            totals = sa.select(sa.func.count(), sa.func.sum(T.c.size)).where(*conditions)
            count, size = conn.execute(totals).one()
            M = volume_metadata
            pairs = (
                sa.select(M.c.key, M.c.value)
                .join_from(M, T, M.c.volume_id == T.c.id)
                .where(*conditions)
                .distinct()
                .order_by(M.c.key, M.c.value)
            )
            values: dict[str, Any] = {}
            for key, value in conn.execute(pairs):
                values.setdefault(key, []).append(value)
        return int(count), int(size or 0), values

    def show(self, context: RequestContext, volume_id: str) -> Row:
        """Raises VolumeNotFound."""
        self.core.authorize(context, "volume:get")
        with self.core.database.read() as conn:
            row = records.volume(conn, self.core, context, volume_id)
            return records.complete_volumes(conn, [row])[0]

    def update(self, context: RequestContext, volume_id: str, body: Row) -> Row:
        """``name``, ``description`` and ``metadata`` (which replaces all of it)."""

        def write(conn: Connection) -> Row:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(context, "volume:update", row["project_id"])
            changes: Row = {name: body[name] for name in ("name", "description") if name in body}
            if body.get("metadata") is not None:
                owner = volume_metadata.c.volume_id
                rows.set_pairs(
                    conn, volume_metadata, owner, row["id"], body["metadata"], replace=True
                )
            rows.update(conn, T, row["id"], changes, self.core.now())
            return records.complete_volume(conn, row["id"])

        return self.core.database.run(write)

    def delete(
        self, context: RequestContext, volume_id: str, *, cascade: bool = False, force: str = ""
    ) -> None:
        """Raises VolumeNotFound, InvalidVolume. ``force``: whatever its state; the rule that
        lets the caller do it."""

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            if force:
                self.core.authorize(context, force, row["project_id"])
            self.core.authorize(context, "volume:delete", row["project_id"])
            request_delete(self.core, conn, row, cascade=cascade, force=bool(force))

        self.core.database.run(write)
        self.core.wake()


def request_delete(
    core: Core, conn: Connection, row: Row, *, cascade: bool = False, force: bool = False
) -> None:
    """Promise that a volume goes. Raises InvalidVolume. The caller wakes the tasks."""
    volume_id = row["id"]
    if row["status"] == "deleting" and not force:
        raise InvalidVolume(reason=NOT_DELETABLE)
    if not force:
        has_snapshots = bool(records.snapshots_of(conn, volume_id))
        attached = any(
            each["attach_status"] == "attached" for each in records.attachments_of(conn, volume_id)
        )
        if (
            row["status"] not in DELETABLE
            or attached
            or row["group_id"]
            or (has_snapshots and not cascade)
        ):
            raise InvalidVolume(reason=NOT_DELETABLE)
    elif records.is_exported(conn, volume_id):
        raise InvalidVolume(reason=NOT_DELETABLE)
    if cascade:
        _mark_snapshots(core, conn, volume_id)
    elif records.snapshots_of(conn, volume_id):
        raise InvalidVolume(reason=NOT_DELETABLE)
    core.promises.forget(conn, volume_id)
    rows.update(conn, T, volume_id, {"status": "deleting", "migration_status": None}, core.now())
    core.promises.add(conn, "volume_delete", volume_id)


def _mark_snapshots(core: Core, conn: Connection, volume_id: str) -> None:
    """They go with the volume."""
    found = records.snapshots_of(conn, volume_id)
    busy = [row for row in found if row["status"] not in SNAPSHOT_DELETABLE]
    if busy or any(row["group_snapshot_id"] for row in found):
        raise InvalidVolume(reason=NOT_DELETABLE)
    if found:
        condition = any_of(conn, snapshots.c.id, rows.ids_of(found))
        conn.execute(
            sa.update(snapshots).where(condition).values(status="deleting", updated_at=core.now())
        )
