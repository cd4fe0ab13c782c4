"""Rows of backups, and which backup stands on which."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.exception import Invalid, NotFound
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.backups import backup_metadata as M
from novalite.volume.embedded.tables.backups import backups as T


class BackupNotFound(NotFound):
    message = "Backup {backup_id} could not be found."


class InvalidBackup(Invalid):
    message = "Invalid backup: {reason}"


def get(conn: Connection, core: Core, context: RequestContext, backup_id: str) -> Row:
    """Raises BackupNotFound also for one that the caller may not see."""
    row = rows.get(conn, T, backup_id)
    if row is None or not core.may_see(context, row):
        raise BackupNotFound(backup_id=backup_id)
    return row


def newest(conn: Connection, project_id: str, volume_id: str) -> Row | None:
    """The backup that the next incremental one stands on."""
    query = (
        sa.select(T)
        .where(
            T.c.project_id == project_id,
            T.c.volume_id == volume_id,
            T.c.status == "available",
        )
        .order_by(T.c.data_timestamp.desc(), T.c.id)
        .limit(1)
    )
    found = conn.execute(query).mappings().first()
    return dict(found) if found is not None else None


def dependents(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Those of ``ids`` that another backup stands on."""
    if not ids:
        return set()
    query = sa.select(T.c.parent_id).where(any_of(conn, T.c.parent_id, ids)).distinct()
    return {str(parent) for parent in conn.scalars(query)}


def locations(conn: Connection, backup: Row) -> list[str]:
    """Of the backup, its parent, and so on to the full one."""
    found: list[str] = []
    row: Row | None = backup
    while row is not None and row["location"] not in found:
        found.append(row["location"])
        row = rows.get(conn, T, row["parent_id"]) if row["parent_id"] else None
    return found


def shared(conn: Connection, backup: Row) -> bool:
    """Whether another row, an import, has the same data."""
    same = T.c.location == backup["location"]
    return rows.count(conn, T, same, T.c.id != backup["id"]) > 0


def complete(conn: Connection, found: list[Row]) -> list[Row]:
    """Adds ``metadata`` and ``dependents``. Two statements."""
    ids = rows.ids_of(found)
    pairs = rows.pairs_of(conn, M, M.c.backup_id, ids)
    needed = dependents(conn, ids)
    return [
        {**row, "metadata": pairs.get(row["id"], {}), "dependents": row["id"] in needed}
        for row in found
    ]
