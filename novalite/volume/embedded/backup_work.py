"""The long work on backups. Every step may be repeated."""

import contextlib
import os
import uuid
from collections.abc import Iterator

from sqlalchemy import Connection

from novalite.volume.embedded import backup_rows, rows
from novalite.volume.embedded import snapshots as snapshots_module
from novalite.volume.embedded.backends import GIB, Backend, Source
from novalite.volume.embedded.backup_store import BackupStore
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import BackendFailed
from novalite.volume.embedded.image_source import TEMPORARY
from novalite.volume.embedded.tables.backups import backups as T
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.volumes import (
    volume_image_metadata,
    volume_metadata,
    volumes,
)
from novalite.volume.embedded.tasks import Handler, Tasks


class BackupWork:
    def __init__(self, core: Core, backends: dict[str, Backend], store: BackupStore) -> None:
        self.core = core
        self.backends = backends
        self.store = store

    def register(self, tasks: Tasks) -> None:
        tasks.handle("backup_create", Handler(self.create, self._create_failed))
        tasks.handle("backup_delete", Handler(self.delete, self._delete_failed))
        tasks.handle("backup_restore", Handler(self.restore, self._restore_failed))
        tasks.handle("backup_restored", Handler(self.restored, self._restored_failed))

    def _backup(self, task: Row) -> Row | None:
        with self.core.database.read() as conn:
            return rows.get(conn, T, task["resource_id"])

    def _drop(self, task: Row) -> None:
        self.core.database.run(lambda conn: self.core.promises.finish(conn, task))

    # ---- create ----

    def create(self, task: Row) -> None:
        backup = self._backup(task)
        if backup is None or backup["status"] != "creating":
            return self._drop(task)
        with self.core.database.read() as conn:
            source = self._source(conn, backup, task["payload"].get("temporary"))
            parent = rows.get(conn, T, backup["parent_id"]) if backup["parent_id"] else None
        if backup["parent_id"] and parent is None:
            raise BackendFailed(what="backup", reason="the backup that it stands on is gone")
        location = str(backup["location"])
        manifest = self.store.write(location, source, parent["location"] if parent else None)

        def record(conn: Connection) -> None:
            if self.core.promises.finish(conn, task):
                changes = {"status": "available", "object_count": manifest.kept}
                if not backup["container"]:
                    changes["container"] = location
                rows.update(conn, T, backup["id"], changes, self.core.now())
                self._let_go(conn, task, backup)

        self.core.database.run(record)
        self.core.wake()
        return None

    def _source(self, conn: Connection, backup: Row, temporary: str | None) -> Source:
        volume = rows.get(conn, volumes, backup["volume_id"])
        snapshot_id = backup["snapshot_id"] or temporary
        place = rows.get(conn, snapshots, snapshot_id) if snapshot_id else volume
        if volume is None or place is None or place["location"] is None:
            raise BackendFailed(what="backup", reason="there are no data to back up")
        return self.backends[volume["backend"]].source(place["location"], place["format"])

    def _let_go(self, conn: Connection, task: Row, backup: Row) -> None:
        """What was backed up becomes what it was before."""
        now = self.core.now()
        if backup["snapshot_id"]:
            busy = snapshots.c.status == "backing-up"
            changes = {"status": "available"}
            rows.update(conn, snapshots, backup["snapshot_id"], changes, now, busy)
        elif backup["previous_status"]:
            busy = volumes.c.status == "backing-up"
            changes = {"status": backup["previous_status"]}
            rows.update(conn, volumes, backup["volume_id"], changes, now, busy)
        temporary = task["payload"].get("temporary")
        frozen = rows.get(conn, snapshots, temporary) if temporary else None
        if frozen is not None and frozen["status"] in snapshots_module.DELETABLE:
            snapshots_module.request_delete(self.core, conn, frozen)

    def _create_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        backup = rows.get(conn, T, task["resource_id"])
        if backup is not None:
            self._fail(conn, task, error, "error")
            self._let_go(conn, task, backup)

    def _fail(self, conn: Connection, task: Row, error: Exception, status: str) -> None:
        changes = {"status": status, "fail_reason": _reason(error)}
        rows.update(conn, T, task["resource_id"], changes, self.core.now())
        self.core.report(conn, task, error)

    # ---- delete ----

    def delete(self, task: Row) -> None:
        backup = self._backup(task)
        if backup is None:
            return self._drop(task)
        with self.core.database.read() as conn:
            keep = backup_rows.shared(conn, backup)
        if backup["location"] and not keep:
            self.store.remove(backup["location"])

        def record(conn: Connection) -> None:
            if self.core.promises.finish(conn, task):
                rows.delete(conn, T, T.c.id == backup["id"])

        self.core.database.run(record)
        return None

    def _delete_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        self._fail(conn, task, error, "error")

    # ---- restore ----

    @contextlib.contextmanager
    def content(self, backup_id: str) -> Iterator[tuple[Row, Source]]:
        """(the backup's row, its content as a file that goes afterwards). Raises BackendFailed."""
        with self.core.database.read() as conn:
            backup = rows.get(conn, T, backup_id)
            if backup is None:
                raise BackendFailed(what="restore", reason=f"backup {backup_id} is gone")
            locations = backup_rows.locations(conn, backup)
        folder = self.core.conf.embedded.volume_store
        path = os.path.join(folder, f"{TEMPORARY}{uuid.uuid4().hex}")
        try:
            self.store.read(locations, path)
            yield backup, Source(path, "raw")
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def volume_content(
        self, backup_id: str, volume: Row, backend: Backend
    ) -> tuple[str, Row, bool]:
        """For a new volume: (its location, image metadata, bootable)."""
        with self.content(backup_id) as (backup, source):
            location = self._made(volume, backend, backup, source)
        return location, backup["facts"]["image_metadata"], backup["facts"]["bootable"]

    @staticmethod
    def _made(volume: Row, backend: Backend, backup: Row, source: Source) -> str:
        if os.path.getsize(source.path) > volume["size"] * GIB:
            raise BackendFailed(what="restore", reason=f"backup {backup['id']} is larger")
        return backend.create_from(volume["id"], volume["format"], volume["size"], source)

    def restore(self, task: Row) -> None:
        """Into a volume that was there before."""
        with self.core.database.read() as conn:
            target = rows.get(conn, volumes, task["payload"]["volume_id"])
        if target is None or target["status"] != "restoring-backup":
            return self.restored(task)
        backend = self.backends[target["backend"]]
        with self.content(task["resource_id"]) as (backup, source):
            location = self._made(target, backend, backup, source)

        def record(conn: Connection) -> bool:
            if not self.core.promises.finish(conn, task):
                return False
            now = self.core.now()
            changes = {
                "status": "available",
                "location": location,
                "bootable": backup["facts"]["bootable"],
            }
            busy = volumes.c.status == "restoring-backup"
            done = rows.update(conn, volumes, target["id"], changes, now, busy)
            if done:
                _set_facts(conn, target["id"], backup["facts"])
            rows.update(conn, T, backup["id"], {"status": "available"}, now)
            return done

        old = target["location"]
        unused = old if self.core.database.run(record) else location
        if unused:
            backend.remove(unused)
        return None

    def _restore_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        self._fail(conn, task, error, "available")
        busy = volumes.c.status == "restoring-backup"
        changes = {"status": "error_restoring"}
        rows.update(conn, volumes, task["payload"]["volume_id"], changes, self.core.now(), busy)

    def restored(self, task: Row) -> None:
        """The new volume that was made from the backup is there, or failed: it says so itself."""

        def record(conn: Connection) -> None:
            if self.core.promises.finish(conn, task):
                busy = T.c.status == "restoring"
                changes = {"status": "available"}
                rows.update(conn, T, task["resource_id"], changes, self.core.now(), busy)

        self.core.database.run(record)

    def _restored_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        self._fail(conn, task, error, "available")


def _set_facts(conn: Connection, volume_id: str, facts: Row) -> None:
    for table, name in ((volume_metadata, "metadata"), (volume_image_metadata, "image_metadata")):
        owner = table.c.volume_id
        rows.set_pairs(conn, table, owner, volume_id, facts[name], replace=True)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:255]
