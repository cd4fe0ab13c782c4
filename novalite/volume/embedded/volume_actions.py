"""What may be done to a volume in one transaction: its flags and its states."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, InvalidVolume
from novalite.volume.embedded import records, rows
from novalite.volume.embedded.attachments import follow
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import InvalidSnapshot
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.snapshots import DELETABLE as SNAPSHOT_IDLE
from novalite.volume.embedded.tables.attachments import attachments
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.volumes import volumes

T = volumes
STATES = (
    *("creating", "available", "deleting", "error", "error_deleting", "error_managing"),
    *("managing", "attaching", "in-use", "detaching", "maintenance", "reserved"),
    *("backing-up", "restoring-backup", "error_restoring", "error_extending", "uploading"),
    *("downloading", "retyping", "extending", "reverting", "awaiting-transfer"),
)
ATTACH_STATES = ("attached", "detached", "attaching", "reserved")
MIGRATION_STATES = ("migrating", "error", "success", "completing", "none", "starting")
ONLINE_EXTEND = (3, 42)
Change = Callable[[Connection, Row], None]


class VolumeActions:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def _change(self, context: RequestContext, volume_id: str, rule: str, change: Change) -> None:
        """Raises VolumeNotFound, PolicyNotAuthorized."""

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(context, rule, row["project_id"])
            change(conn, row)

        self.core.database.run(write)

    def _set(self, conn: Connection, row: Row, changes: Row) -> None:
        rows.update(conn, T, row["id"], changes, self.core.now())

    # ---- flags ----

    def set_bootable(self, context: RequestContext, volume_id: str, bootable: bool) -> None:
        self._change(
            context,
            volume_id,
            "volume_extension:volume_actions:set_bootable",
            lambda conn, row: self._set(conn, row, {"bootable": bootable}),
        )

    def set_readonly(self, context: RequestContext, volume_id: str, readonly: bool) -> None:
        def change(conn: Connection, row: Row) -> None:
            if row["status"] != "available":
                raise InvalidVolume(
                    reason=f"Volume {volume_id} status must be available to update readonly flag, "
                    f"but current status is: {row['status']}."
                )
            self._set(conn, row, {"readonly": readonly})

        self._change(context, volume_id, "volume:update_readonly_flag", change)

    def reset_status(self, context: RequestContext, volume_id: str, wanted: Row) -> None:
        """``status``, ``attach_status``, ``migration_status``: whatever else is true."""
        rule = "volume_extension:volume_admin_actions:reset_status"
        self.core.authorize(context, rule)
        status = str(wanted["status"]).lower() if wanted.get("status") else None
        attach_status = wanted.get("attach_status")
        migration_status = wanted.get("migration_status")
        for value, known in (
            (status, STATES),
            (attach_status, ATTACH_STATES),
            (migration_status, MIGRATION_STATES),
        ):
            if value and value not in known:
                raise InvalidInput(reason=f"Must specify a valid status: {value}")
        if not (status or attach_status or migration_status):
            raise InvalidInput(
                reason="Must specify 'status', 'attach_status' or 'migration_status' for update."
            )

        def change(conn: Connection, row: Row) -> None:
            changes: Row = {"status": status} if status else {}
            if migration_status:
                changes["migration_status"] = (
                    None if migration_status == "none" else migration_status
                )
            self._set(conn, row, changes)
            if attach_status == "detached":
                rows.delete(conn, attachments, attachments.c.volume_id == volume_id)

        self._change(context, volume_id, rule, change)

    # ---- detaching, as a compute service announces it ----

    def begin_detaching(self, context: RequestContext, volume_id: str) -> None:
        def change(conn: Connection, row: Row) -> None:
            if row["status"] not in ("in-use", "detaching") or (
                row["status"] == "detaching" and not row["multiattach"]
            ):
                raise InvalidVolume(
                    reason="Unable to detach volume. Volume status must be 'in-use' and "
                    "attach_status must be 'attached' to detach."
                )
            if not row["multiattach"]:
                self._set(conn, row, {"status": "detaching"})

        self._change(context, volume_id, "volume_extension:volume_actions:begin_detaching", change)

    def roll_detaching(self, context: RequestContext, volume_id: str) -> None:
        def change(conn: Connection, row: Row) -> None:
            if row["status"] == "detaching":
                follow(self.core, conn, volume_id)

        self._change(context, volume_id, "volume_extension:volume_actions:roll_detaching", change)

    # ---- reserving, as it was before the attachments API ----

    def reserve(self, context: RequestContext, volume_id: str) -> None:
        def change(conn: Connection, row: Row) -> None:
            permitted = ("available", "in-use") if row["multiattach"] else ("available",)
            self._demand(row, permitted, "reserve")
            self._set(conn, row, {"status": "attaching"})

        self._change(context, volume_id, "volume_extension:volume_actions:reserve", change)

    def unreserve(self, context: RequestContext, volume_id: str) -> None:
        def change(conn: Connection, row: Row) -> None:
            if row["status"] == "attaching":
                follow(self.core, conn, volume_id)

        self._change(context, volume_id, "volume_extension:volume_actions:unreserve", change)

    @staticmethod
    def _demand(row: Row, permitted: Iterable[str], what: str) -> None:
        permitted = list(permitted)
        if row["status"] not in permitted:
            raise InvalidVolume(
                reason=f"Volume {row['id']} status must be {' or '.join(permitted)} to {what}, "
                f"but current status is: {row['status']}."
            )

    # ---- promises ----

    def extend(
        self, context: RequestContext, volume_id: str, new_size: int, version: tuple[int, int]
    ) -> None:
        """Raises InvalidVolume, InvalidInput, QuotaError."""

        def change(conn: Connection, row: Row) -> None:
            permitted = ("available", "in-use") if version >= ONLINE_EXTEND else ("available",)
            self._demand(row, permitted, "extend")
            size = row["size"]
            if new_size <= size:
                raise InvalidInput(
                    reason="New size for extend must be greater than current size. (current: "
                    f"{size}, extended: {new_size})."
                )
            largest = self.core.conf.embedded.volume_size_limit
            if new_size > largest:
                raise InvalidInput(reason=f"New size {new_size}GB is larger than {largest}GB.")
            names = records.type_names(conn, [row])
            deltas = {"gigabytes": new_size - size, "per_volume_gigabytes": new_size}
            self.quotas.check(conn, row["project_id"], deltas, names.get(row["volume_type_id"]))
            payload = {
                "new_size": new_size,
                "previous": row["status"],
                "context": context.to_dict(),
            }
            self._set(conn, row, {"status": "extending"})
            self.core.promises.add(conn, "volume_extend", volume_id, payload)

        self._change(context, volume_id, "volume:extend", change)
        self.core.wake()

    def revert(self, context: RequestContext, volume_id: str, snapshot_id: str) -> None:
        """To the newest snapshot. Raises InvalidVolume, InvalidSnapshot, SnapshotNotFound,
        InvalidInput."""

        def change(conn: Connection, row: Row) -> None:
            snapshot = records.snapshot(conn, self.core, context, snapshot_id)
            found = records.snapshots_of(conn, volume_id)
            if snapshot["volume_id"] != volume_id or found[-1]["id"] != snapshot_id:
                raise InvalidInput(
                    reason="Specified snapshot is None or not the latest one of volume "
                    f"{volume_id}."
                )
            self._demand(row, ("available",), "revert")
            if snapshot["status"] not in SNAPSHOT_IDLE:
                raise InvalidSnapshot(
                    reason=f"Snapshot {snapshot_id} must be available, but is {snapshot['status']}."
                )
            self._set(conn, row, {"status": "reverting"})
            now = self.core.now()
            rows.update(conn, snapshots, snapshot_id, {"status": "restoring"}, now)
            payload = {
                "snapshot_id": snapshot_id,
                "previous": row["status"],
                "context": context.to_dict(),
            }
            self.core.promises.add(conn, "volume_revert", volume_id, payload)

        self._change(context, volume_id, "volume:revert_to_snapshot", change)
        self.core.wake()
