"""Changing the type of a volume, and moving it to another backend when the type asks for one."""

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, InvalidVolume
from novalite.volume.embedded import choice, records, rows, views
from novalite.volume.embedded.backends import Backend
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.tables.volumes import volumes
from novalite.volume.embedded.tasks import Handler, Tasks
from novalite.volume.embedded.types import Types

PERMITTED = ("available", "in-use")


class Retypes:
    def __init__(
        self, core: Core, quotas: Quotas, types: Types, backends: dict[str, Backend]
    ) -> None:
        self.core = core
        self.quotas = quotas
        self.types = types
        self.backends = backends

    def register(self, tasks: Tasks) -> None:
        tasks.handle("volume_retype", Handler(self._run, self._failed))

    def retype(
        self, context: RequestContext, volume_id: str, new_type: str, policy: str | None
    ) -> None:
        """``policy``: on-demand, to move the data if that is needed; never.

        Raises InvalidVolume, InvalidInput, VolumeTypeNotFound, QuotaError.
        """

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(context, "volume:retype", row["project_id"])
            wanted = self.types.resolve(conn, context, new_type)
            self._check(row, wanted)
            backend = choice.choose(self.backends, wanted["extra_specs"])
            if backend is None:
                raise InvalidInput(reason=f"No backend has what type {wanted['name']} asks for.")
            stays = choice.type_row_fits(wanted, self.backends[row["backend"]])
            target = self.backends[row["backend"]] if stays else backend
            form = target.format_of(multiattach=wanted["multiattach"])
            moves = not stays or form != row["format"]
            if moves:
                self._check_move(conn, row, policy, stays=stays)
            deltas = {"volumes": 1, "gigabytes": row["size"]}
            self._check_quota(conn, row, wanted, deltas)
            payload = {
                "type_id": wanted["id"],
                "multiattach": wanted["multiattach"],
                "backend": target.name,
                "format": form,
                "moves": moves,
                "migrates": not stays,
                "previous": row["status"],
                "context": context.to_dict(),
            }
            rows.update(conn, volumes, volume_id, {"status": "retyping"}, self.core.now())
            self.core.promises.add(conn, "volume_retype", volume_id, payload)

        self.core.database.run(write)
        self.core.wake()

    def _check(self, row: Row, wanted: Row) -> None:
        if row["status"] not in PERMITTED:
            raise InvalidVolume(
                reason=f"Volume {row['id']} status must be {' or '.join(PERMITTED)} to retype, but "
                f"current status is: {row['status']}."
            )
        if wanted["id"] == row["volume_type_id"]:
            raise InvalidInput(reason=f"New volume_type same as original: {wanted['name']}.")
        if wanted["encrypted"]:
            raise InvalidInput(
                reason=f"Volume type {wanted['name']} asks for encryption, which needs a key "
                "manager."
            )
        if row["status"] == "in-use" and wanted["multiattach"] != row["multiattach"]:
            raise InvalidInput(
                reason="Retyping an in-use volume to or from a multiattach type is not supported."
            )

    def _check_move(self, conn: Connection, row: Row, policy: str | None, *, stays: bool) -> None:
        if not stays and policy != "on-demand":
            raise InvalidInput(
                reason="Retype requires migration but is not allowed: migration_policy is never."
            )
        if row["status"] == "in-use":
            raise InvalidVolume(reason=f"Volume {row['id']} is in use and cannot be moved.")
        if records.snapshots_of(conn, row["id"]):
            raise InvalidVolume(reason="Volume must not have snapshots to be moved.")

    def _check_quota(self, conn: Connection, row: Row, wanted: Row, deltas: dict[str, int]) -> None:
        """Only the limits of the new type count: the project has the volume already."""
        typed = {f"{name}_{wanted['name']}": delta for name, delta in deltas.items()}
        self.quotas.check(conn, row["project_id"], typed)

    def migrate(self, context: RequestContext, volume_id: str, host: str | None) -> None:
        """To the backend that ``host`` (host@backend#pool) names. Raises InvalidInput,
        InvalidVolume."""
        self.core.authorize(context, "volume_extension:volume_admin_actions:migrate_volume")

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            place, _, _ = (host or "").partition("#")
            name, _, backend_name = place.partition("@")
            target = self.backends.get(backend_name)
            if name != self.core.host or target is None:
                raise InvalidInput(reason=f"No available service named '{host}'")
            if target.name == row["backend"]:
                current = views.pool_host(row["host"], row["backend"])
                raise InvalidInput(
                    reason=f"Destination host {current} must be different than the current host."
                )
            if row["status"] not in PERMITTED:
                raise InvalidVolume(
                    reason=f"Volume {volume_id} status must be available, but current status is: "
                    f"{row['status']}."
                )
            self._check_move(conn, row, "on-demand", stays=False)
            payload = {
                "type_id": row["volume_type_id"],
                "multiattach": row["multiattach"],
                "backend": target.name,
                "format": target.format_of(multiattach=row["multiattach"]),
                "moves": True,
                "migrates": True,
                "previous": row["status"],
                "context": context.to_dict(),
            }
            changes = {"status": "retyping", "migration_status": "migrating"}
            rows.update(conn, volumes, volume_id, changes, self.core.now())
            self.core.promises.add(conn, "volume_retype", volume_id, payload)

        self.core.database.run(write)
        self.core.wake()

    # ---- work ----

    def _run(self, task: Row) -> None:
        with self.core.database.read() as conn:
            volume = rows.get(conn, volumes, task["resource_id"])
        if volume is None or volume["status"] != "retyping":
            self.core.database.run(lambda conn: self.core.promises.finish(conn, task))
            return
        wanted = task["payload"]
        old = (self.backends[volume["backend"]], volume["location"])
        new = old
        changes: Row = {
            "status": wanted["previous"],
            "volume_type_id": wanted["type_id"],
            "multiattach": wanted["multiattach"],
        }
        if wanted["moves"]:
            target = self.backends[wanted["backend"]]
            source = old[0].source(volume["location"], volume["format"])
            location = target.create_from(volume["id"], wanted["format"], volume["size"], source)
            new = (target, location)
            changes |= {
                "backend": target.name,
                "location": location,
                "format": wanted["format"],
            }
        if wanted["migrates"]:
            changes["migration_status"] = "success"

        def record(conn: Connection) -> bool:
            if not self.core.promises.finish(conn, task):
                return False
            return rows.update(conn, volumes, volume["id"], changes, self.core.now())

        unused = old if self.core.database.run(record) else new
        if wanted["moves"]:
            unused[0].remove(unused[1])

    def _failed(self, conn: Connection, task: Row, error: Exception) -> None:
        changes: Row = {"status": task["payload"]["previous"]}
        if task["payload"]["migrates"]:
            changes["migration_status"] = "error"
        rows.update(conn, volumes, task["resource_id"], changes, self.core.now())
        self.core.report(conn, task, error)
