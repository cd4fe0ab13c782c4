"""Snapshots: list, show, create, update, delete."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, InvalidVolume, SnapshotNotFound
from novalite.volume.embedded import listing, records, rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import InvalidSnapshot
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.rows import Condition
from novalite.volume.embedded.tables.snapshots import snapshot_metadata, snapshots
from novalite.volume.embedded.tables.volumes import volumes

T = snapshots
DELETABLE = ("available", "error")
STATES = ("available", "creating", "deleting", "error", "error_deleting")
ALWAYS_WHILE_IN_USE = (3, 66)

COLUMNS: dict[str, Any] = {
    "id": T.c.id,
    "name": T.c.name,
    "display_name": T.c.name,
    "description": T.c.description,
    "status": T.c.status,
    "volume_id": T.c.volume_id,
    "volume_size": T.c.volume_size,
    "size": T.c.volume_size,
    "project_id": T.c.project_id,
    "user_id": T.c.user_id,
    "progress": T.c.progress,
    "group_snapshot_id": T.c.group_snapshot_id,
    "created_at": T.c.created_at,
    "updated_at": T.c.updated_at,
}


def _zone(conn: Connection, value: Any) -> Condition:
    of_zone = sa.select(volumes.c.id).where(volumes.c.availability_zone == str(value))
    return T.c.volume_id.in_(of_zone)


LISTING = Listing(
    T,
    COLUMNS,
    public=frozenset(
        {
            *("name", "status", "volume_id", "metadata", "availability_zone", "display_name"),
            *("created_at", "updated_at", "consumes_quota"),
        }
    ),
    special={
        "availability_zone": _zone,
        "metadata": listing.pairs_filter(
            snapshot_metadata, snapshot_metadata.c.snapshot_id, T.c.id
        ),
        "consumes_quota": lambda conn, value: (
            sa.true() if rows.boolean_of(value, "consumes_quota") else sa.false()
        ),
    },
    missing=lambda marker: SnapshotNotFound(snapshot_id=marker),
)


class Snapshots:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def list_(self, context: RequestContext, query: Query) -> tuple[list[Row], int | None]:
        """(records, how many there are without paging if that was asked for)."""
        self.core.authorize(context, "volume:get_all_snapshots")
        with self.core.database.read() as conn:
            conditions = LISTING.conditions(conn, self.core, context, query)
            found = LISTING.run(conn, conditions, query)
            count = LISTING.count(conn, conditions) if query.with_count else None
            return records.complete_snapshots(conn, found), count

    def show(self, context: RequestContext, snapshot_id: str) -> Row:
        """Raises SnapshotNotFound."""
        self.core.authorize(context, "volume:get_snapshot")
        with self.core.database.read() as conn:
            row = records.snapshot(conn, self.core, context, snapshot_id)
            return records.complete_snapshots(conn, [row])[0]

    def create(
        self,
        context: RequestContext,
        volume_id: str,
        body: Row,
        *,
        force: bool = False,
    ) -> Row:
        """``force``: also of a volume in use.

        Raises VolumeNotFound, InvalidVolume, QuotaError.
        """

        def write(conn: Connection) -> Row:
            volume = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(context, "volume:create_snapshot", volume["project_id"])
            permitted = ("available", "in-use") if force else ("available",)
            if volume["status"] not in permitted:
                raise InvalidVolume(
                    reason=f"Volume {volume_id} status must be {' or '.join(permitted)}, but "
                    f"current status is: {volume['status']}."
                )
            snapshot_id = self.insert(conn, context, volume, body)
            row = records.snapshot(conn, self.core, context, snapshot_id)
            return records.complete_snapshots(conn, [row])[0]

        record = self.core.database.run(write)
        self.core.wake()
        return record

    def insert(
        self,
        conn: Connection,
        context: RequestContext,
        volume: Row,
        body: Row,
        group_snapshot_id: str | None = None,
    ) -> str:
        """Row, metadata and promise of a snapshot; its id. Raises QuotaError. The caller wakes
        the tasks."""
        snapshot_id = rows.new_id()
        names = records.type_names(conn, [volume])
        self.quotas.check(
            conn,
            volume["project_id"],
            {"snapshots": 1, "gigabytes": volume["size"]},
            names.get(volume["volume_type_id"]),
        )
        last = sa.select(sa.func.max(T.c.number)).where(T.c.volume_id == volume["id"])
        row = {
            "id": snapshot_id,
            "project_id": volume["project_id"],
            "user_id": context.user_id or "",
            "name": body.get("name"),
            "description": body.get("description"),
            "volume_id": volume["id"],
            "volume_size": volume["size"],
            "status": "creating",
            "progress": "0%",
            "volume_type_id": volume["volume_type_id"],
            "group_snapshot_id": group_snapshot_id,
            "format": volume["format"],
            "number": (conn.scalar(last) or 0) + 1,
            **rows.stamp(self.core.now()),
        }
        rows.insert(conn, T, row)
        owner = snapshot_metadata.c.snapshot_id
        rows.insert_pairs(conn, snapshot_metadata, owner, snapshot_id, body.get("metadata") or {})
        payload = {"context": context.to_dict()}
        self.core.promises.add(conn, "snapshot_create", snapshot_id, payload, [volume["id"]])
        return snapshot_id

    def update(self, context: RequestContext, snapshot_id: str, body: Row) -> Row:
        def write(conn: Connection) -> Row:
            row = records.snapshot(conn, self.core, context, snapshot_id)
            self.core.authorize(context, "volume:update_snapshot", row["project_id"])
            changes: Row = {name: body[name] for name in ("name", "description") if name in body}
            rows.update(conn, T, snapshot_id, changes, self.core.now())
            row = records.snapshot(conn, self.core, context, snapshot_id)
            return records.complete_snapshots(conn, [row])[0]

        return self.core.database.run(write)

    def delete(self, context: RequestContext, snapshot_id: str, *, force: bool = False) -> None:
        """``force``: whatever its state, for administrators. Raises SnapshotNotFound,
        InvalidSnapshot."""

        def write(conn: Connection) -> None:
            row = records.snapshot(conn, self.core, context, snapshot_id)
            if force:
                self.core.authorize(context, "volume_extension:snapshot_admin_actions:force_delete")
            self.core.authorize(context, "volume:delete_snapshot", row["project_id"])
            if not force and (row["status"] not in DELETABLE or row["group_snapshot_id"]):
                raise InvalidSnapshot(
                    reason="Snapshot status must be available or error, and snapshot must not be "
                    "part of a group snapshot."
                )
            request_delete(self.core, conn, row)

        self.core.database.run(write)
        self.core.wake()

    # ---- for administrators, and for compute hosts ----

    def reset_status(self, context: RequestContext, snapshot_id: str, status: str) -> None:
        self.core.authorize(context, "volume_extension:snapshot_admin_actions:reset_status")
        if status not in STATES:
            raise InvalidInput(reason=f"Must specify a valid status: {status}")

        def write(conn: Connection) -> None:
            records.snapshot(conn, self.core, context, snapshot_id)
            rows.update(conn, T, snapshot_id, {"status": status}, self.core.now())

        self.core.database.run(write)

    def update_status(
        self, context: RequestContext, snapshot_id: str, status: str, progress: str | None
    ) -> None:
        """What a compute host says of a snapshot that it takes part in. Raises SnapshotNotFound,
        InvalidInput."""
        permitted = {
            "creating": ("creating", "available", "error"),
            "deleting": ("deleting", "error_deleting"),
        }

        def write(conn: Connection) -> None:
            row = records.snapshot(conn, self.core, context, snapshot_id)
            self.core.authorize(
                context, "snapshot_extension:snapshot_actions:update_snapshot_status",
                row["project_id"],
            )  # fmt: skip
            now = row["status"]
            if now not in permitted:
                raise InvalidInput(
                    reason=f"Snapshot status {now} not allowed for update_snapshot_status"
                )
            if status not in permitted[now]:
                raise InvalidInput(
                    reason=f"Provided snapshot status {status} not allowed for snapshot with "
                    f"status {now}."
                )
            changes: Row = {"status": status}
            if progress is not None:
                changes["progress"] = progress
            rows.update(conn, T, snapshot_id, changes, self.core.now())

        self.core.database.run(write)
        self.core.promises.told()


def request_delete(core: Core, conn: Connection, row: Row) -> None:
    """Promise that a snapshot goes, after whatever is being done with it. The caller wakes the
    tasks."""
    rows.update(conn, T, row["id"], {"status": "deleting", "progress": "0%"}, core.now())
    core.promises.add(conn, "snapshot_delete", row["id"], {}, [row["volume_id"]])
