"""The long work on snapshots. A volume that a server has open is frozen and merged by that server
(see server_events); what it did is looked up in the files, and what nobody did is done here."""

import os
from typing import Any

from sqlalchemy import Connection

from novalite.exception import DependencyUnavailable, NovaliteError
from novalite.volume.embedded import qemu_img, records, rows
from novalite.volume.embedded.backends import Backend, Removal
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import BackendBusy, BackendFailed
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.volumes import volumes
from novalite.volume.embedded.tasks import Handler, Tasks

PATIENCE = 600.0
"""Seconds that a server has for its part."""
DONE_THERE = "90%"
CHANGING = ("attaching", "detaching", "reserved")


class SnapshotWork:
    """``events()`` answers the ServerEvents, or None."""

    def __init__(self, core: Core, backends: dict[str, Backend], events: Any) -> None:
        self.core = core
        self.backends = backends
        self.events = events

    def register(self, tasks: Tasks) -> None:
        tasks.handle("snapshot_create", Handler(self.create, self._into("error")))
        tasks.handle("snapshot_delete", Handler(self.delete, self._into("error_deleting")))
        tasks.handle("volume_revert", Handler(self.revert, self._revert_failed))

    def _into(self, status: str) -> Any:
        def failed(conn: Connection, task: Row, error: Exception) -> None:
            changes = {"status": status}
            rows.update(conn, snapshots, task["resource_id"], changes, self.core.now())
            self.core.report(conn, task, error)

        return failed

    def _rows(self, snapshot_id: str) -> tuple[Row | None, Row]:
        """(snapshot, its volume with ``in_use``: whether a server may have it open). Raises
        BackendBusy while that is about to change."""
        with self.core.database.read() as conn:
            snapshot = rows.get(conn, snapshots, snapshot_id)
            volume = rows.get(conn, volumes, snapshot["volume_id"]) if snapshot else None
            if volume is None:
                return snapshot, {}
            exported = records.is_exported(conn, volume["id"])
        if exported and volume["status"] in CHANGING:
            raise BackendBusy(reason=f"volume {volume['id']} is {volume['status']}")
        return snapshot, {**volume, "in_use": exported or volume["status"] == "in-use"}

    def _drop(self, task: Row) -> None:
        self.core.database.run(lambda conn: self.core.promises.finish(conn, task))

    # ---- create ----

    def create(self, task: Row) -> None:
        snapshot, volume = self._rows(task["resource_id"])
        if snapshot is None or snapshot["location"] is not None:
            return self._drop(task)
        if volume["location"] is None:
            raise NovaliteError(f"Volume {volume['id']} has no data.")
        backend = self.backends[volume["backend"]]
        live = backend.live_snapshots and (volume["in_use"] or "new_file" in task["payload"])
        make = self._freeze_live if live else self._freeze
        frozen, active = make(task, snapshot, volume, backend)

        def record(conn: Connection) -> None:
            now = self.core.now()
            # a live one is recorded whatever happened since: the server writes to the new file
            same = (
                (volumes.c.location == volume["location"],)
                if live
                else (
                    volumes.c.location == volume["location"],
                    volumes.c.status == volume["status"],
                )
            )
            if not rows.update(conn, volumes, volume["id"], {"location": active}, now, *same):
                # a host may have been told of the old file since: begin again
                raise BackendBusy(reason=f"volume {volume['id']} is changing")
            changes = {"progress": "100%", "location": frozen}
            rows.update(conn, snapshots, snapshot["id"], changes, now)
            rows.update(
                conn, snapshots, snapshot["id"], {"status": "available"}, now,
                snapshots.c.status == "creating",
            )  # fmt: skip
            self.core.promises.finish(conn, task)

        try:
            self.core.database.run(record)
        except BackendBusy:
            if not live:
                backend.remove(active if active != volume["location"] else frozen)
            raise
        return None

    def _freeze(self, task: Row, snapshot: Row, volume: Row, backend: Backend) -> tuple[str, str]:
        return backend.snapshot(volume, snapshot["id"])

    def _freeze_live(
        self, task: Row, snapshot: Row, volume: Row, backend: Backend
    ) -> tuple[str, str]:
        """(frozen, active): the new file is named in the task before any server hears of it. From
        then on it is the volume's, unless it is certain that nobody writes to it."""
        if volume["format"] == "raw":
            raise BackendFailed(
                what="snapshot", reason="a raw volume in use cannot be frozen: detach it first"
            )
        old, active = volume["location"], task["payload"].get("new_file")
        if active is None:
            _, active = backend.snapshot(volume, snapshot["id"])
            self.core.promises.note(task, {"new_file": active})
        info = {
            "snapshot_id": snapshot["id"],
            "type": "qcow2",
            "new_file": backend.source(active, "qcow2").path,
        }
        try:
            if self._ask(lambda events: events.volume_snapshot_create(volume["id"], info)):
                self._wait(snapshot["id"], "creating")
            if self._is_written_to(backend, old):
                raise BackendFailed(what="snapshot", reason=f"somebody still writes to {old}")
        except DependencyUnavailable:
            raise
        except NovaliteError:
            if not self._is_written_to(backend, active):
                self.core.promises.note(task, {"new_file": None})
                backend.remove(active)
                raise
        return old, active

    def _ask(self, ask: Any) -> bool:
        """False: no server that could be asked has the volume."""
        events = self.events()
        if events is None:
            return False
        try:
            ask(events)
        except DependencyUnavailable:
            raise
        except NovaliteError:
            return False
        return True

    def _wait(self, snapshot_id: str, status: str) -> None:
        """Until the server has done its part. Raises NovaliteError when it could not."""
        deadline = self.core.clock.monotonic() + PATIENCE
        while True:
            with self.core.database.read() as conn:
                snapshot = rows.get(conn, snapshots, snapshot_id)
            if snapshot is None:
                return
            if snapshot["status"] != status:
                raise NovaliteError(f"The server failed: snapshot {snapshot['status']}")
            if snapshot["progress"] == DONE_THERE:
                return
            left = deadline - self.core.clock.monotonic()
            if left <= 0:
                raise NovaliteError("The server did not answer in time.")
            self.core.promises.pause()

    @staticmethod
    def _is_written_to(backend: Backend, location: str) -> bool:
        path = backend.source(location, "qcow2").path
        return os.path.isfile(path) and qemu_img.is_written_to(path, "qcow2")

    # ---- delete ----

    def delete(self, task: Row) -> None:
        snapshot, volume = self._rows(task["resource_id"])
        if snapshot is None:
            return self._drop(task)
        if snapshot["location"] is None:
            return self._forget(task, snapshot, Removal())
        backend = self.backends[volume["backend"]]
        with self.core.database.read() as conn:
            others = [
                row
                for row in records.snapshots_of(conn, volume["id"])
                if row["id"] != snapshot["id"] and row["location"]
            ]
        removal = backend.remove_snapshot(volume, snapshot, others)
        if removal.merge is not None:
            self._merge(snapshot, volume, backend, removal, others)
        return self._forget(task, snapshot, removal)

    def _merge(
        self, snapshot: Row, volume: Row, backend: Backend, removal: Removal, others: list[Row]
    ) -> None:
        step = removal.merge
        assert step is not None

        def path(location: str | None) -> str | None:
            return backend.source(location, "qcow2").path if location else None

        info = {
            "type": "qcow2",
            "file_to_merge": path(step.file_to_merge),
            "merge_target_file": path(step.merge_target_file),
            "volume_id": volume["id"],
        }
        asked = snapshot["progress"] == DONE_THERE or self._ask(
            lambda events: events.volume_snapshot_delete(volume["id"], snapshot["id"], info)
        )
        if asked:
            self._wait(snapshot["id"], "deleting")
        backend.finish_merge(volume, snapshot, removal, others)

    def _forget(self, task: Row, snapshot: Row, removal: Removal) -> None:
        backend_name = None

        def record(conn: Connection) -> str | None:
            self.core.promises.finish(conn, task)
            volume = rows.get(conn, volumes, snapshot["volume_id"])
            for snapshot_id, location in removal.moved.items():
                rows.update(conn, snapshots, snapshot_id, {"location": location}, self.core.now())
            rows.delete(conn, snapshots, snapshots.c.id == snapshot["id"])
            return volume["backend"] if volume else None

        backend_name = self.core.database.run(record)
        if backend_name is not None:
            for location in removal.unused:
                self.backends[backend_name].remove(location)

    # ---- revert ----

    def revert(self, task: Row) -> None:
        """Give a volume the content of its last snapshot."""
        snapshot, volume = self._rows(task["payload"]["snapshot_id"])
        if snapshot is None or volume["status"] != "reverting":
            return self._drop(task)
        backend = self.backends[volume["backend"]]
        old = volume["location"]
        location = backend.revert(volume, snapshot)

        def record(conn: Connection) -> bool:
            if not self.core.promises.finish(conn, task):
                return False
            now = self.core.now()
            changes = {"status": task["payload"]["previous"], "location": location}
            rows.update(conn, snapshots, snapshot["id"], {"status": "available"}, now)
            return rows.update(conn, volumes, volume["id"], changes, now)

        backend.remove(old if self.core.database.run(record) else location)
        return None

    def _revert_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        now = self.core.now()
        rows.update(conn, volumes, task["resource_id"], {"status": "error"}, now)
        snapshot_id = task["payload"]["snapshot_id"]
        rows.update(conn, snapshots, snapshot_id, {"status": "available"}, now)
        self.core.report(conn, task, error)
