"""What went wrong after a request was accepted, for its user to read."""

import dataclasses
import datetime
from collections.abc import Mapping

from sqlalchemy import Connection, Table

from novalite.context import RequestContext
from novalite.exception import NotFound
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.tables.backups import backups
from novalite.volume.embedded.tables.services import messages as T
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.volumes import volumes

ERROR = "ERROR"
PREFIX = "VOLUME"

# the numbers are part of the API: clients know them
ACTIONS: Mapping[str, tuple[str, str]] = {
    "schedule": ("001", "schedule allocate volume"),
    "attach": ("002", "attach volume"),
    "upload": ("003", "copy volume to image"),
    "download": ("005", "copy image to volume"),
    "extend": ("007", "extend volume"),
    "create": ("008", "create volume from backend storage"),
    "snapshot_create": ("009", "create snapshot"),
    "snapshot_delete": ("010", "delete snapshot"),
    "backup_create": ("013", "create backup"),
    "backup_delete": ("014", "delete backup"),
    "backup_restore": ("015", "restore backup"),
}
DETAILS: Mapping[str, tuple[str, str]] = {
    "unknown": ("001", "An unknown error occurred."),
    "no_backend": ("003", "Could not find any available weighted backend."),
    "upload": ("004", "Failed to upload volume to image at backend."),
    "quota": ("006", "Not enough quota resource for operation."),
    "space": ("007", "Image used for creating volume exceeds available space."),
    "compute": ("009", "Compute service failed to extend volume."),
    "extend": ("010", "Volume Driver failed to extend volume."),
    "create": ("012", "Driver failed to create the volume."),
    "snapshot_create": ("013", "Snapshot failed to create."),
    "snapshot_delete": ("015", "Snapshot failed to delete."),
    "backup_create": ("019", "Backup driver failed to create backup."),
    "backup_restore": ("024", "Backup failed to restore."),
    "backup_delete": ("025", "Backup driver failed to delete backup."),
}
_ACTION_TEXTS = dict(ACTIONS.values())
_DETAIL_TEXTS = dict(DETAILS.values())

LISTING = Listing(
    T,
    {
        name: T.c[name]
        for name in (
            *("id", "created_at", "resource_type", "resource_uuid", "request_id"),
            "message_level",
        )
    },
    public=frozenset({"resource_type", "resource_uuid", "request_id", "message_level"}),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about. ``kind``: VOLUME, VOLUME_SNAPSHOT or VOLUME_BACKUP."""

    kind: str
    id: str
    project_id: str
    request_id: str | None = None


class MessageNotFound(NotFound):
    message = "Message {message_id} could not be found."


def write(core: Core, conn: Connection, subject: Subject, action: str, detail: str) -> None:
    """``action`` and ``detail`` are keys of the tables above. Part of the transaction that records
    the failure."""
    now = core.now()
    lasts = datetime.timedelta(seconds=core.conf.embedded.volume_message_ttl)
    rows.insert(
        conn,
        T,
        {
            "id": rows.new_id(),
            "project_id": subject.project_id,
            "request_id": subject.request_id or "",
            "resource_type": subject.kind,
            "resource_uuid": subject.id,
            "action_id": ACTIONS[action][0],
            "detail_id": DETAILS[detail][0],
            "message_level": ERROR,
            "created_at": now,
            "expires_at": now + lasts,
        },
    )


def event_id(row: Row) -> str:
    return f"{PREFIX}_{row['resource_type']}_{row['action_id']}_{row['detail_id']}"


def text_of(row: Row) -> str:
    action = _ACTION_TEXTS.get(row["action_id"], "unknown action")
    return f"{action}:{_DETAIL_TEXTS.get(row['detail_id'], DETAILS['unknown'][1])}"


_TASKS: Mapping[str, tuple[str, str, Table, str]] = {
    "volume_create": ("VOLUME", "create", volumes, "create"),
    "volume_extend": ("VOLUME", "extend", volumes, "extend"),
    "volume_upload": ("VOLUME", "upload", volumes, "upload"),
    "volume_reimage": ("VOLUME", "download", volumes, "unknown"),
    "snapshot_create": ("VOLUME_SNAPSHOT", "snapshot_create", snapshots, "snapshot_create"),
    "snapshot_delete": ("VOLUME_SNAPSHOT", "snapshot_delete", snapshots, "snapshot_delete"),
    "backup_create": ("VOLUME_BACKUP", "backup_create", backups, "backup_create"),
    "backup_delete": ("VOLUME_BACKUP", "backup_delete", backups, "backup_delete"),
    "backup_restore": ("VOLUME_BACKUP", "backup_restore", backups, "backup_restore"),
}
"""Kind of task -> kind of resource, action, its table, detail."""


def report(core: Core, conn: Connection, task: Row, error: Exception) -> None:
    """A task has failed: say so to whoever asked for it. A task that nobody waits for, or whose
    resource is gone, has nobody to tell."""
    known = _TASKS.get(task["kind"])
    row = rows.get(conn, known[2], task["resource_id"]) if known else None
    if known is None or row is None:
        return
    kind, action, _, detail = known
    if task["kind"] == "volume_create":
        if not task["payload"].get("placed", True):
            action, detail = "schedule", "no_backend"
        elif task["payload"].get("image_id"):
            action, detail = "download", "unknown"
    asked = task["payload"].get("context") or {}
    subject = Subject(kind, row["id"], row["project_id"], asked.get("request_id"))
    write(core, conn, subject, action, detail)


class Messages:
    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(self, context: RequestContext, query: Query | None = None) -> list[Row]:
        query = query or Query()
        self.core.authorize(context, "message:get_all")
        with self.core.database.read() as conn:
            conditions = LISTING.conditions(conn, self.core, context, query)
            conditions.append(T.c.expires_at > self.core.now())
            return LISTING.run(conn, conditions, query)

    def show(self, context: RequestContext, message_id: str) -> Row:
        with self.core.database.read() as conn:
            row = self._get(conn, context, message_id)
        self.core.authorize(context, "message:get", row["project_id"])
        return row

    def delete(self, context: RequestContext, message_id: str) -> None:
        def remove(conn: Connection) -> None:
            row = self._get(conn, context, message_id)
            self.core.authorize(context, "message:delete", row["project_id"])
            rows.delete(conn, T, T.c.id == message_id)

        self.core.database.run(remove)

    def forget_old(self) -> None:
        self.core.database.run(lambda conn: rows.delete(conn, T, T.c.expires_at <= self.core.now()))

    def _get(self, conn: Connection, context: RequestContext, message_id: str) -> Row:
        row = rows.get(conn, T, message_id)
        if row is None or not self.core.may_see(context, row):
            raise MessageNotFound(message_id=message_id)
        return row
