"""Data of a backend that the service does not know yet become a volume, and the opposite.

What can be taken over is what ``unmanage`` gave up before, or what an administrator put there
under such a name: never a file elsewhere.
"""

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, InvalidVolume, NotFound
from novalite.volume.embedded import choice, records, rows
from novalite.volume.embedded.backends import GIB, Backend
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import ManagedAlready
from novalite.volume.embedded.housekeeping import known_locations
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.tables.volumes import volume_metadata, volumes
from novalite.volume.embedded.tasks import Handler, Tasks
from novalite.volume.embedded.types import Types

REFERENCE = "source-name"


class Manage:
    def __init__(
        self, core: Core, quotas: Quotas, types: Types, backends: dict[str, Backend]
    ) -> None:
        self.core = core
        self.quotas = quotas
        self.types = types
        self.backends = backends

    def register(self, tasks: Tasks) -> None:
        tasks.handle("volume_manage", Handler(self._manage, self._manage_failed))
        tasks.handle("volume_unmanage", Handler(self._unmanage, self._unmanage_failed))

    def backend_of(self, host: str) -> Backend:
        """``host``: host@backend#pool. Raises InvalidInput."""
        place, _, _ = host.partition("#")
        name, _, backend_name = place.partition("@")
        backend = self.backends.get(backend_name)
        if name != self.core.host or backend is None:
            raise InvalidInput(reason=f"No available service named '{host}'")
        return backend

    def listed(self, context: RequestContext, host: str) -> list[Row]:
        """What could be managed. Raises InvalidInput."""
        self.core.authorize(context, "volume_extension:list_manageable")
        found = self.backend_of(host).adoptable(known_locations(self.core))
        return [
            {
                "reference": {REFERENCE: name},
                "size": -(-size // GIB),
                "safe_to_manage": size % GIB == 0,
                "reason_not_safe": None if size % GIB == 0 else "not of whole GiB",
                "cinder_id": None,
                "extra_info": None,
            }
            for name, size in found
        ]

    # ---- promises ----

    def manage(self, context: RequestContext, body: Row) -> Row:
        """The record of a volume that is ``managing``. Raises InvalidInput, QuotaError,
        VolumeTypeNotFound, ManagedAlready."""
        self.core.authorize(context, "volume_extension:volume_manage")
        backend = self.backend_of(body["host"])
        name = body["ref"].get(REFERENCE)
        sizes = dict(backend.adoptable(known_locations(self.core)))
        if not isinstance(name, str) or name not in sizes:
            raise InvalidInput(
                reason=f"Failed to manage existing volume due to invalid backend reference {name}."
            )
        size = -(-sizes[name] // GIB)
        volume_id = rows.new_id()
        if not context.project_id:
            raise InvalidInput(reason="A project is needed.")
        project_id = context.project_id

        def write(conn: Connection) -> Row:
            kind = self.types.resolve(conn, context, body.get("volume_type") or None)
            if not choice.type_row_fits(kind, backend) or kind["encrypted"]:
                raise InvalidInput(reason=f"Volume type {kind['name']} is not for {body['host']}.")
            file_format = backend.format_named(name)
            if file_format != backend.format_of(multiattach=kind["multiattach"]):
                raise InvalidInput(reason=f"Volume type {kind['name']} is not for {name}.")
            deltas = {"volumes": 1, "gigabytes": size, "per_volume_gigabytes": size}
            self.quotas.check(conn, project_id, deltas, kind["name"])
            row = {
                "id": volume_id,
                "project_id": project_id,
                "user_id": context.user_id or "",
                "name": body.get("name"),
                "description": body.get("description"),
                "size": size,
                "status": "managing",
                "availability_zone": self.core.zone,
                "host": self.core.host,
                "volume_type_id": kind["id"],
                "bootable": body.get("bootable", False),
                "multiattach": kind["multiattach"],
                "backend": backend.name,
                "format": file_format,
                **rows.stamp(self.core.now()),
            }
            rows.insert(conn, volumes, row)
            owner = volume_metadata.c.volume_id
            metadata = body.get("metadata") or {}
            rows.insert_pairs(conn, volume_metadata, owner, volume_id, metadata)
            payload = {"name": name, "context": context.to_dict()}
            self.core.promises.add(conn, "volume_manage", volume_id, payload)
            return records.complete_volume(conn, volume_id)

        record = self.core.database.run(write)
        self.core.wake()
        return record

    def unmanage(self, context: RequestContext, volume_id: str) -> None:
        """Forget a volume and leave its data. Raises InvalidVolume."""
        self.core.authorize(context, "volume_extension:volume_unmanage")

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            if row["status"] not in ("available", "error") or row["group_id"]:
                raise InvalidVolume(
                    reason=f"Volume {volume_id} status must be available or error, but current "
                    f"status is: {row['status']}."
                )
            if records.snapshots_of(conn, volume_id) or row["location"] is None:
                raise InvalidVolume(
                    reason="Unmanage cannot be done: the volume has snapshots or no data."
                )
            rows.update(conn, volumes, volume_id, {"status": "unmanaging"}, self.core.now())
            payload = {"context": context.to_dict()}
            self.core.promises.add(conn, "volume_unmanage", volume_id, payload)

        self.core.database.run(write)
        self.core.wake()

    # ---- work ----

    def _manage(self, task: Row) -> None:
        """The new name is written down before the data get it: both names are known."""
        with self.core.database.read() as conn:
            volume = rows.get(conn, volumes, task["resource_id"])
        if volume is None or volume["status"] != "managing":
            self.core.database.run(lambda conn: self.core.promises.finish(conn, task))
            return
        backend = self.backends[volume["backend"]]
        location = task["payload"].get("location")
        if location is None:
            location = backend.new_location(volume["id"], volume["format"])
            self.core.promises.note(task, {"location": location})
        try:
            backend.rename(task["payload"]["name"], location)
        except NotFound:
            if not backend.exists(location):
                raise ManagedAlready(name=task["payload"]["name"]) from None

        def record(conn: Connection) -> None:
            self.core.promises.finish(conn, task)
            now = self.core.now()
            changes = {"status": "available", "location": location, "launched_at": now}
            rows.update(conn, volumes, volume["id"], changes, now)

        self.core.database.run(record)

    def _manage_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        changes = {"status": "error_managing"}
        rows.update(conn, volumes, task["resource_id"], changes, self.core.now())
        self.core.report(conn, task, error)

    def _unmanage(self, task: Row) -> None:
        with self.core.database.read() as conn:
            volume = rows.get(conn, volumes, task["resource_id"])
        if volume is not None:
            backend = self.backends[volume["backend"]]
            try:
                backend.rename(
                    volume["location"], backend.released_name(volume["id"], volume["format"])
                )
            except NotFound:
                pass  # renamed by a process that was killed right after

        def record(conn: Connection) -> None:
            self.core.promises.finish(conn, task)
            rows.delete(conn, volumes, volumes.c.id == task["resource_id"])

        self.core.database.run(record)

    def _unmanage_failed(self, conn: Connection, task: Row, error: Exception) -> None:
        changes = {"status": "error_unmanaging"}
        rows.update(conn, volumes, task["resource_id"], changes, self.core.now())
        self.core.report(conn, task, error)
