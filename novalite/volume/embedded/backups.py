"""Backups of volumes and snapshots, and new or old volumes made from them."""

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, InvalidVolume
from novalite.volume.embedded import backup_rows, records, rows
from novalite.volume.embedded.backup_rows import InvalidBackup
from novalite.volume.embedded.backup_store import location_of
from novalite.volume.embedded.core import Core, Row, own_project
from novalite.volume.embedded.errors import InvalidSnapshot
from novalite.volume.embedded.listing import Listing, Query, pairs_filter
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.snapshots import Snapshots
from novalite.volume.embedded.tables.backups import backup_metadata as M
from novalite.volume.embedded.tables.backups import backups as T
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.volumes import volume_image_metadata, volumes
from novalite.volume.embedded.tables.volumes import volume_metadata as volume_pairs
from novalite.volume.embedded.volume_create import VolumeCreation

SERVICE = "cinder.backup.drivers.posix.PosixBackupDriver"
"""What exported records name: the driver of the real service that keeps backups in files."""
DELETABLE = ("available", "error")
RESETTABLE = ("available", "error")
LISTING = Listing(
    T,
    {
        name: T.c[name]
        for name in (
            *("id", "name", "description", "status", "volume_id", "snapshot_id", "size"),
            *("availability_zone", "container", "created_at", "updated_at", "project_id"),
            *("user_id", "host", "parent_id", "fail_reason", "data_timestamp"),
        )
    },
    public=frozenset({"name", "status", "volume_id", "created_at", "updated_at", "metadata"}),
    special={"metadata": pairs_filter(M, M.c.backup_id, T.c.id)},
)


class Backups:
    def __init__(
        self, core: Core, quotas: Quotas, creation: VolumeCreation, frozen: Snapshots
    ) -> None:
        self.core = core
        self.quotas = quotas
        self.creation = creation
        self.frozen = frozen

    # ---- reading ----

    def list_(self, context: RequestContext, query: Query | None = None) -> tuple[list[Row], int]:
        """(with ``metadata`` and ``dependents``, how many there are without paging)"""
        self.core.authorize(context, "backup:get_all")
        query = query or Query()
        with self.core.database.read() as conn:
            conditions = LISTING.conditions(conn, self.core, context, query)
            found = LISTING.run(conn, conditions, query)
            count = LISTING.count(conn, conditions) if query.with_count else 0
            return backup_rows.complete(conn, found), count

    def show(self, context: RequestContext, backup_id: str) -> Row:
        self.core.authorize(context, "backup:get")
        with self.core.database.read() as conn:
            return backup_rows.complete(
                conn, [backup_rows.get(conn, self.core, context, backup_id)]
            )[0]

    # ---- making ----

    def create(self, context: RequestContext, body: Row) -> Row:
        """``body``: ``volume_id``, ``snapshot_id``, ``incremental``, ``force`` (also of a volume in
        use), ``name``, ``description``, ``container``, ``metadata``.

        Raises InvalidVolume, InvalidSnapshot, InvalidBackup, QuotaError.
        """
        self.core.authorize(context, "backup:create")

        def write(conn: Connection) -> Row:
            volume = records.volume(conn, self.core, context, body["volume_id"])
            row = self._row(conn, context, volume, body)
            holds = [volume["id"]]
            payload: Row = {"context": context.to_dict()}
            if body.get("snapshot_id"):
                self._of_snapshot(conn, context, volume, row, body["snapshot_id"])
            elif volume["status"] == "available":
                row["previous_status"] = "available"
                changes = {"status": "backing-up"}
                rows.update(conn, volumes, volume["id"], changes, self.core.now())
            else:
                payload["temporary"] = self._freeze(conn, context, volume, row, body)
                holds.append(payload["temporary"])
            rows.insert(conn, T, row)
            rows.insert_pairs(conn, M, M.c.backup_id, row["id"], body.get("metadata") or {})
            self.core.promises.add(conn, "backup_create", row["id"], payload, holds)
            return backup_rows.complete(conn, [row])[0]

        row = self.core.database.run(write)
        self.core.wake()
        return row

    def _row(self, conn: Connection, context: RequestContext, volume: Row, body: Row) -> Row:
        project_id = own_project(context)
        deltas = {"backups": 1, "backup_gigabytes": volume["size"]}
        self.quotas.check(conn, project_id, deltas)
        backup_id = rows.new_id()
        parent = None
        if body.get("incremental"):
            parent = backup_rows.newest(conn, project_id, volume["id"])
            if parent is None:
                raise InvalidBackup(reason="No backups available to do an incremental backup.")
        now = self.core.now()
        return {
            "id": backup_id,
            "project_id": project_id,
            "user_id": context.user_id or "",
            "name": body.get("name"),
            "description": body.get("description"),
            "volume_id": volume["id"],
            "parent_id": parent["id"] if parent else None,
            "size": volume["size"],
            "status": "creating",
            "container": body.get("container"),
            "object_count": 0,
            "availability_zone": body.get("availability_zone") or self.core.zone,
            "host": self.core.host,
            "service": SERVICE,
            "data_timestamp": now,
            "location": location_of(backup_id),
            "facts": facts_of(conn, volume),
            **rows.stamp(now),
        }

    def _of_snapshot(
        self, conn: Connection, context: RequestContext, volume: Row, row: Row, snapshot_id: str
    ) -> None:
        frozen = records.snapshot(conn, self.core, context, snapshot_id)
        if frozen["volume_id"] != volume["id"]:
            raise InvalidSnapshot(reason=f"{snapshot_id} is not of volume {volume['id']}")
        if frozen["status"] != "available":
            raise InvalidSnapshot(
                reason="Snapshot to be backed up must be available, but the current status is "
                f'"{frozen["status"]}".'
            )
        row["snapshot_id"] = snapshot_id
        row["size"] = frozen["volume_size"]
        row["data_timestamp"] = frozen["created_at"]
        rows.update(conn, snapshots, snapshot_id, {"status": "backing-up"}, row["created_at"])

    def _freeze(
        self, conn: Connection, context: RequestContext, volume: Row, row: Row, body: Row
    ) -> str:
        """What a server writes to is backed up from a snapshot, which goes afterwards; its id."""
        if volume["status"] != "in-use":
            raise InvalidVolume(
                reason="Volume to be backed up must be available or in-use, but the current "
                f'status is "{volume["status"]}".'
            )
        if not body.get("force"):
            raise InvalidVolume(reason="Backing up an in-use volume must use the force flag.")
        asked = {"name": f"backup-{row['id']}", "description": "For a backup in the making"}
        return self.frozen.insert(conn, context, volume, asked)

    # ---- changing ----

    def update(self, context: RequestContext, backup_id: str, body: Row) -> Row:
        def write(conn: Connection) -> Row:
            row = backup_rows.get(conn, self.core, context, backup_id)
            self.core.authorize(context, "backup:update", row["project_id"])
            changes: Row = {name: body[name] for name in ("name", "description") if name in body}
            if body.get("metadata") is not None:
                rows.set_pairs(conn, M, M.c.backup_id, backup_id, body["metadata"], replace=True)
            rows.update(conn, T, backup_id, changes, self.core.now())
            return backup_rows.complete(
                conn, [backup_rows.get(conn, self.core, context, backup_id)]
            )[0]

        return self.core.database.run(write)

    def reset_status(self, context: RequestContext, backup_id: str, status: str) -> None:
        self.core.authorize(context, "volume_extension:backup_admin_actions:reset_status")
        if status not in RESETTABLE:
            raise InvalidInput(reason=f"Must specify a valid status: {status}")

        def write(conn: Connection) -> None:
            backup_rows.get(conn, self.core, context, backup_id)
            rows.update(conn, T, backup_id, {"status": status}, self.core.now())

        self.core.database.run(write)

    def delete(self, context: RequestContext, backup_id: str, *, force: bool = False) -> None:
        """``force``: whatever its state, for administrators. Raises InvalidBackup."""

        def write(conn: Connection) -> None:
            row = backup_rows.get(conn, self.core, context, backup_id)
            if force:
                self.core.authorize(context, "volume_extension:backup_admin_actions:force_delete")
            self.core.authorize(context, "backup:delete", row["project_id"])
            if not force and row["status"] not in DELETABLE:
                raise InvalidBackup(reason="Backup status must be available or error")
            if backup_rows.dependents(conn, [backup_id]):
                raise InvalidBackup(reason="Incremental backups exist for this backup.")
            rows.update(conn, T, backup_id, {"status": "deleting"}, self.core.now())
            payload = {"context": context.to_dict()}
            self.core.promises.add(conn, "backup_delete", backup_id, payload)

        self.core.database.run(write)
        self.core.wake()

    # ---- using ----

    def restore(
        self, context: RequestContext, backup_id: str, volume_id: str | None, name: str | None
    ) -> Row:
        """The volume's row: ``volume_id``, whose content is replaced, or a new volume.

        Raises InvalidBackup, InvalidVolume, InvalidInput, QuotaError.
        """

        def write(conn: Connection) -> Row:
            row = backup_rows.get(conn, self.core, context, backup_id)
            self.core.authorize(context, "backup:restore", row["project_id"])
            if row["status"] != "available":
                raise InvalidBackup(reason="Backup status must be available")
            if volume_id is None:
                target = self._new_volume(conn, context, row, name)
                kind = "backup_restored"
            else:
                target = self._into(conn, context, row, volume_id)
                kind = "backup_restore"
            changes = {"status": "restoring", "restore_volume_id": target["id"]}
            rows.update(conn, T, backup_id, changes, self.core.now())
            payload = {"context": context.to_dict(), "volume_id": target["id"]}
            self.core.promises.add(conn, kind, backup_id, payload, [target["id"]])
            return target

        target = self.core.database.run(write)
        self.core.wake()
        return target

    def _new_volume(
        self, conn: Connection, context: RequestContext, row: Row, name: str | None
    ) -> Row:
        volume_id = rows.new_id()
        body = {
            "name": name or f"restore_backup_{row['id']}",
            "description": f"auto-created_from_restore_from_backup_{row['id']}",
            "size": row["size"],
            "backup_id": row["id"],
        }
        self.creation.insert(conn, context, volume_id, body)
        return records.volume(conn, self.core, context, volume_id)

    def _into(self, conn: Connection, context: RequestContext, row: Row, volume_id: str) -> Row:
        volume = records.volume(conn, self.core, context, volume_id)
        if volume["size"] < row["size"]:
            raise InvalidVolume(
                reason=f"volume size {volume['size']} is too small to restore backup of size "
                f"{row['size']}."
            )
        changes = {"status": "restoring-backup"}
        ready = volumes.c.status == "available"
        if not rows.update(conn, volumes, volume_id, changes, self.core.now(), ready):
            raise InvalidVolume(reason="Volume to be restored to must be available")
        return volume


def facts_of(conn: Connection, volume: Row) -> Row:
    """``bootable``, ``metadata`` and ``image_metadata`` of a volume: restored with its data."""
    ids = [volume["id"]]
    pairs, images = volume_pairs, volume_image_metadata
    return {
        "bootable": bool(volume["bootable"]),
        "metadata": rows.pairs_of(conn, pairs, pairs.c.volume_id, ids).get(volume["id"], {}),
        "image_metadata": rows.pairs_of(conn, images, images.c.volume_id, ids).get(
            volume["id"], {}
        ),
    }
