"""Attaching without the attachments API: os-attach, os-detach and the connection actions."""

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, InvalidVolume, VolumeAttachmentNotFound
from novalite.volume.embedded import records, rows
from novalite.volume.embedded.attachments import check_unused, follow
from novalite.volume.embedded.connections import Connections
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.attachments import attachments
from novalite.volume.embedded.tables.volumes import volumes

T = attachments
ATTACHABLE = ("available", "attaching", "reserved")


class LegacyAttach:
    def __init__(self, core: Core, connections: Connections) -> None:
        self.core = core
        self.connections = connections

    def attach(
        self,
        context: RequestContext,
        volume_id: str,
        instance_uuid: str | None,
        host: str | None,
        mountpoint: str,
        mode: str,
    ) -> None:
        """Write down that a server, or a host, has the volume: in-use. Raises InvalidVolume."""

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(
                context, "volume_extension:volume_actions:attach", row["project_id"]
            )
            permitted = (*ATTACHABLE, "in-use") if row["multiattach"] else ATTACHABLE
            if row["status"] not in permitted:
                raise InvalidVolume(
                    reason=f"Volume {volume_id} status must be {' or '.join(permitted)} to "
                    f"attach, but current status is: {row['status']}."
                )
            if row["readonly"] and mode == "rw":
                raise InvalidVolume(reason=f"Invalid attaching mode 'rw' for volume {volume_id}.")
            now = self.core.now()
            values = {
                "id": rows.new_id(),
                "volume_id": volume_id,
                "project_id": row["project_id"],
                "instance_uuid": instance_uuid,
                "attached_host": host,
                "mountpoint": mountpoint,
                "attach_status": "attached",
                "attach_mode": mode,
                "attach_time": now,
                "created_at": now,
            }
            rows.insert(conn, T, values)
            follow(self.core, conn, volume_id)

        self.core.database.run(write)

    def detach(
        self,
        context: RequestContext,
        volume_id: str,
        attachment_id: str | None,
        *,
        force: bool = False,
        trusted: bool,
    ) -> None:
        """``trusted``: see ``Attachments.delete``. Raises InvalidVolume when it is not clear
        which attachment, InvalidInput for one of another volume, VolumeAttachmentNotFound,
        InUseByServer."""
        if force:
            self.core.authorize(context, "volume_extension:volume_admin_actions:force_detach")

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(
                context, "volume_extension:volume_actions:detach", row["project_id"]
            )
            found = records.attachments_of(conn, volume_id)
            if attachment_id is not None:
                found = [each for each in found if each["id"] == attachment_id]
                if not found and rows.get(conn, T, attachment_id) is not None:
                    raise InvalidInput(reason="Mismatched volume and attachment.")
                if not found:
                    raise VolumeAttachmentNotFound(attachment_id=attachment_id)
            if len(found) > 1:
                raise InvalidVolume(
                    reason="Detach volume failed: More than one attachment, but no attachment_id "
                    "provided."
                )
            for each in found:
                if not trusted:
                    check_unused(each)
                rows.delete(conn, T, T.c.id == each["id"])
            if force or row["status"] == "error":
                changes = {"status": "available"}
                rows.update(conn, volumes, volume_id, changes, self.core.now())
            follow(self.core, conn, volume_id)

        self.core.database.run(write)

    def initialize_connection(self, context: RequestContext, volume_id: str, connector: Row) -> Row:
        """``{"driver_volume_type", "data"}`` for a host."""
        with self.core.database.read() as conn:
            row = records.volume(conn, self.core, context, volume_id)
        self.core.authorize(
            context, "volume_extension:volume_actions:initialize_connection", row["project_id"]
        )
        if row["location"] is None:
            raise InvalidVolume(reason=f"Volume {volume_id} has no data yet.")
        kind, data = self.connections.describe(row, "ro" if row["readonly"] else "rw")
        return {"driver_volume_type": kind, "data": {**data, "volume_id": volume_id}}

    def terminate_connection(
        self, context: RequestContext, volume_id: str, connector: Row, *, trusted: bool
    ) -> None:
        """Files and local devices need nothing done; whether the caller may is checked. Raises
        InUseByServer."""
        with self.core.database.read() as conn:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(
                context, "volume_extension:volume_actions:terminate_connection", row["project_id"]
            )
            for each in records.attachments_of(conn, volume_id):
                if not trusted:
                    check_unused(each)
