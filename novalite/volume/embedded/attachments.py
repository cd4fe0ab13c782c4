"""Attachments: a server reserves a volume, a host is told how to reach it, the server has it.

The status of a volume follows from its attachments: reserved, attaching, in-use, and available
again without any.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidVolume, VolumeAttachmentNotFound
from novalite.volume.embedded import records, rows
from novalite.volume.embedded.connections import Connections
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import InUseByServer, InvalidAttachment
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.tables.attachments import attachments
from novalite.volume.embedded.tables.volumes import volumes

T = attachments
FREE = ("available", "downloading")
SHARED = ("available", "in-use", "downloading", "reserved", "attaching")
FOLLOWS = frozenset({"reserved", "attaching", "in-use", "detaching", "available"})
"""States of a volume that its attachments decide on; any other one has its own reasons."""

LISTING = Listing(
    T,
    {
        "id": T.c.id,
        "volume_id": T.c.volume_id,
        "instance_id": T.c.instance_uuid,
        "instance_uuid": T.c.instance_uuid,
        "status": T.c.attach_status,
        "attach_status": T.c.attach_status,
        "attach_mode": T.c.attach_mode,
        "attached_host": T.c.attached_host,
        "project_id": T.c.project_id,
        "created_at": T.c.created_at,
        "updated_at": T.c.updated_at,
    },
    public=frozenset({"volume_id", "status", "instance_id", "attach_status"}),
    missing=lambda marker: VolumeAttachmentNotFound(attachment_id=marker),
)


class Attachments:
    def __init__(self, core: Core, connections: Connections) -> None:
        self.core = core
        self.connections = connections

    def list_(self, context: RequestContext, query: Query) -> tuple[list[Row], int | None]:
        self.core.authorize(context, "volume:attachment_get_all")
        with self.core.database.read() as conn:
            conditions = LISTING.conditions(conn, self.core, context, query)
            count = LISTING.count(conn, conditions) if query.with_count else None
            return LISTING.run(conn, conditions, query), count

    def show(self, context: RequestContext, attachment_id: str) -> Row:
        """With the ``connection_info`` that holds now. Raises VolumeAttachmentNotFound."""
        self.core.authorize(context, "volume:attachment_get")
        with self.core.database.read() as conn:
            row = get(conn, self.core, context, attachment_id)
            volume = rows.get(conn, volumes, row["volume_id"])
        return self.connections.current(row, volume)

    def create(
        self,
        context: RequestContext,
        volume_id: str,
        instance_uuid: str | None,
        connector: Row | None = None,
        mode: str | None = None,
        mountpoint: str | None = None,
    ) -> Row:
        """Reserve, and with a connector export. Raises VolumeNotFound, InvalidVolume."""
        attachment_id = rows.new_id()

        def write(conn: Connection) -> Row:
            volume = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(context, "volume:attachment_create", volume["project_id"])
            check_free(conn, volume, instance_uuid)
            row = {
                "id": attachment_id,
                "volume_id": volume_id,
                "project_id": volume["project_id"],
                "instance_uuid": instance_uuid,
                "attach_status": "reserved",
                "attach_mode": mode or ("ro" if volume["readonly"] else "rw"),
                "mountpoint": mountpoint,
                "created_at": self.core.now(),
            }
            rows.insert(conn, T, row)
            if connector:
                self._export(conn, volume, attachment_id, connector, mountpoint)
            follow(self.core, conn, volume_id)
            return get(conn, self.core, context, attachment_id)

        return self.core.database.run(write)

    def update(
        self,
        context: RequestContext,
        attachment_id: str,
        connector: Row,
        mountpoint: str | None = None,
    ) -> Row:
        """Export to the host that ``connector`` describes: with ``connection_info``."""

        def write(conn: Connection) -> Row:
            row = get(conn, self.core, context, attachment_id)
            self.core.authorize(context, "volume:attachment_update", row["project_id"])
            volume = rows.get(conn, volumes, row["volume_id"])
            assert volume is not None
            self._export(conn, volume, attachment_id, connector, mountpoint)
            follow(self.core, conn, row["volume_id"])
            return get(conn, self.core, context, attachment_id)

        return self.core.database.run(write)

    def _export(
        self,
        conn: Connection,
        volume: Row,
        attachment_id: str,
        connector: Row,
        mountpoint: str | None,
    ) -> None:
        row = rows.get(conn, T, attachment_id)
        assert row is not None
        if row["attach_status"] == "attached" and row["connector"] not in (None, connector):
            raise InvalidAttachment(
                reason=f"Attachment {attachment_id} is attached to another host."
            )
        mode = connector.get("mode") or row["attach_mode"] or "rw"
        if volume["readonly"] and mode == "rw":
            mode = "ro"
        changes: Row = {
            "connector": connector,
            "attached_host": connector.get("host"),
            "mountpoint": mountpoint or connector.get("mountpoint") or row["mountpoint"],
            "attach_mode": mode,
            "connection_info": self.connections.info(volume, attachment_id, mode),
        }
        if row["attach_status"] != "attached":
            changes["attach_status"] = "attaching"
        rows.update(conn, T, attachment_id, changes, self.core.now())

    def complete(self, context: RequestContext, attachment_id: str) -> None:
        """The server has it: in-use."""

        def write(conn: Connection) -> None:
            row = get(conn, self.core, context, attachment_id)
            self.core.authorize(context, "volume:attachment_complete", row["project_id"])
            changes: Row = {"attach_status": "attached"}
            if row["attach_time"] is None:
                changes["attach_time"] = self.core.now()
            rows.update(conn, T, attachment_id, changes, self.core.now())
            follow(self.core, conn, row["volume_id"])

        self.core.database.run(write)

    def delete(
        self, context: RequestContext, attachment_id: str, *, trusted: bool = True
    ) -> list[Row]:
        """The attachments that the volume still has. ``trusted``: it is a compute service that
        says so, which knows that its server has let go. Raises VolumeAttachmentNotFound,
        InUseByServer."""

        def write(conn: Connection) -> list[Row]:
            row = get(conn, self.core, context, attachment_id)
            self.core.authorize(context, "volume:attachment_delete", row["project_id"])
            if not trusted:
                check_unused(row)
            rows.delete(conn, T, T.c.id == attachment_id)
            follow(self.core, conn, row["volume_id"])
            return records.attachments_of(conn, row["volume_id"])

        return self.core.database.run(write)


def get(conn: Connection, core: Core, context: RequestContext, attachment_id: str) -> Row:
    """Raises VolumeAttachmentNotFound."""
    row = rows.get(conn, T, str(attachment_id))
    if row is None or not core.may_see(context, row):
        raise VolumeAttachmentNotFound(attachment_id=attachment_id)
    return row


def check_unused(row: Row) -> None:
    """A user, or an administrator, who frees a volume behind the back of the server that writes
    to it could give it to another one: only the compute service may. Raises InUseByServer."""
    if row["instance_uuid"] and row["connector"]:
        raise InUseByServer(instance_id=row["instance_uuid"])


def check_free(conn: Connection, volume: Row, instance_uuid: str | None) -> None:
    """Raises InvalidVolume. A server that has the volume may have it once more: so it moves."""
    found = records.attachments_of(conn, volume["id"])
    if instance_uuid and any(each["instance_uuid"] == instance_uuid for each in found):
        return
    permitted = SHARED if volume["multiattach"] else FREE
    if volume["status"] not in permitted:
        raise InvalidVolume(
            reason=f"Volume {volume['id']} status must be {' or '.join(permitted)} to reserve, "
            f"but the current status is {volume['status']}."
        )


def follow(core: Core, conn: Connection, volume_id: str) -> None:
    """Give a volume the status that its attachments say."""
    statuses = set(
        conn.scalars(sa.select(T.c.attach_status).where(T.c.volume_id == volume_id)).all()
    )
    status = "available"
    for attached, meaning in (
        ("attached", "in-use"),
        ("attaching", "attaching"),
        ("reserved", "reserved"),
    ):
        if attached in statuses:
            status = meaning
            break
    may = any_status(FOLLOWS)
    rows.update(conn, volumes, volume_id, {"status": status}, core.now(), may)


def any_status(statuses: Any) -> Any:
    return volumes.c.status.in_(sorted(statuses))
