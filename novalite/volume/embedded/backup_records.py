"""Records of backups outside the database: with them backups outlive its loss."""

import base64
import datetime
import json
import uuid

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput
from novalite.volume.embedded import backup_rows, rows
from novalite.volume.embedded.backup_rows import InvalidBackup
from novalite.volume.embedded.backup_store import BackupStore
from novalite.volume.embedded.backups import SERVICE
from novalite.volume.embedded.core import Core, Row, own_project
from novalite.volume.embedded.errors import BackendFailed
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.tables.backups import backup_metadata as M
from novalite.volume.embedded.tables.backups import backups as T

TEXTS = ("name", "description", "snapshot_id", "parent_id", "container")


class BackupRecords:
    def __init__(self, core: Core, quotas: Quotas, store: BackupStore) -> None:
        self.core = core
        self.quotas = quotas
        self.store = store

    def export(self, context: RequestContext, backup_id: str) -> Row:
        """``backup_service`` and ``backup_url``, which is the record. Raises InvalidBackup."""
        self.core.authorize(context, "backup:export-import")
        with self.core.database.read() as conn:
            row = backup_rows.complete(
                conn, [backup_rows.get(conn, self.core, context, backup_id)]
            )[0]
        if row["status"] != "available":
            raise InvalidBackup(reason=f"Backup status must be available and not {row['status']}.")
        record = {name: row[name] for name in (*TEXTS, "id", "volume_id", "size", "location")}
        record["object_count"] = row["object_count"]
        record["facts"] = row["facts"]
        record["metadata"] = row["metadata"]
        record["created_at"] = row["created_at"].isoformat()
        record["data_timestamp"] = (row["data_timestamp"] or row["created_at"]).isoformat()
        url = base64.b64encode(json.dumps(record).encode()).decode()
        return {"backup_service": SERVICE, "backup_url": url}

    def import_(self, context: RequestContext, service: str, url: str) -> Row:
        """The row of a backup that belongs to the caller's project. Its data has to be in this
        service's store. Raises InvalidInput, InvalidBackup, QuotaError."""
        self.core.authorize(context, "backup:backup-import")
        if service != SERVICE:
            raise InvalidBackup(reason=f"Backup service {service} is not supported here.")
        row, pairs = _decode(url)
        try:
            self.store.manifest(row["location"])
        except BackendFailed as error:
            raise InvalidBackup(reason=f"Its data cannot be read: {error}") from error
        now = self.core.now()
        row |= {
            "project_id": own_project(context),
            "user_id": context.user_id or "",
            "status": "available",
            "availability_zone": self.core.zone,
            "host": self.core.host,
            "service": SERVICE,
            "updated_at": now,
            "revision": 0,
        }

        def write(conn: Connection) -> None:
            if rows.get(conn, T, row["id"]) is not None:
                raise InvalidBackup(reason="Backup already exists in database.")
            deltas = {"backups": 1, "backup_gigabytes": row["size"]}
            self.quotas.check(conn, row["project_id"], deltas)
            rows.insert(conn, T, row)
            rows.insert_pairs(conn, M, M.c.backup_id, row["id"], pairs)

        self.core.database.run(write)
        return row


def _decode(url: str) -> tuple[Row, dict[str, str]]:
    """(row, metadata). Raises InvalidInput for what ``export`` did not write."""
    try:
        record = json.loads(base64.b64decode(url, validate=True))
        facts = record["facts"]
        row = {name: _text(record.get(name)) for name in TEXTS} | {
            "id": str(uuid.UUID(record["id"])),
            "volume_id": str(uuid.UUID(record["volume_id"])),
            "size": _number(record["size"]),
            "object_count": _number(record["object_count"]),
            "location": str(record["location"]),
            "facts": {
                "bootable": bool(facts["bootable"]),
                "metadata": _pairs(facts["metadata"]),
                "image_metadata": _pairs(facts["image_metadata"]),
            },
            "created_at": _moment(record["created_at"]),
            "data_timestamp": _moment(record["data_timestamp"]),
        }
        return row, _pairs(record["metadata"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidInput(reason="Can't parse backup record.") from error


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=None)


def _number(value: object) -> int:
    number = int(str(value))
    if not 0 <= number <= 0x7FFFFFFF:
        raise ValueError(value)
    return number


def _text(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 255 or "\0" in value:
        raise ValueError(value)
    return value


def _pairs(value: dict[object, object]) -> dict[str, str]:
    found = {str(key): str(each) for key, each in value.items()}
    if any(len(key) > 255 for key in found):
        raise ValueError(value)
    return found
