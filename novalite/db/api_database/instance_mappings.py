"""Which cell holds a server, whose it is, and what it counts against the quota."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.api_database import models
from novalite.db.statements import any_of
from novalite.db.types import utcnow
from novalite.objects import InstanceMapping

table = models.instance_mappings
cells = models.cell_mappings

_select = sa.select(
    table.c.instance_uuid,
    table.c.project_id,
    table.c.user_id,
    cells.c.uuid,
    table.c.vcpus,
    table.c.memory_mb,
    table.c.queued_for_delete,
    table.c.created_at,
).select_from(table.outerjoin(cells, table.c.cell_id == cells.c.id))


def create(conn: Connection, mappings: Iterable[InstanceMapping]) -> None:
    """Sets ``created_at`` where it is not. Raises DuplicateKey."""
    rows: list[dict[str, Any]] = []
    for mapping in mappings:
        mapping.created_at = mapping.created_at or utcnow()
        cell_id = None if mapping.cell_uuid is None else _cell_id(conn, mapping.cell_uuid)
        rows.append(
            {
                "instance_uuid": mapping.instance_uuid,
                "project_id": mapping.project_id,
                "user_id": mapping.user_id,
                "vcpus": mapping.vcpus,
                "memory_mb": mapping.memory_mb,
                "queued_for_delete": mapping.queued_for_delete,
                "created_at": mapping.created_at,
                "cell_id": cell_id,
            }
        )
    if rows:
        conn.execute(table.insert(), rows)


def get(conn: Connection, uuid: str) -> InstanceMapping:
    """Raises InstanceMappingNotFound."""
    row = conn.execute(_select.where(table.c.instance_uuid == uuid)).first()
    if row is None:
        raise exception.InstanceMappingNotFound(uuid=uuid)
    return InstanceMapping(*row)


def get_many(conn: Connection, uuids: Iterable[str]) -> dict[str, InstanceMapping]:
    """uuid -> mapping, of those that exist."""
    uuids = list(uuids)
    if not uuids:
        return {}
    rows = conn.execute(_select.where(any_of(conn, table.c.instance_uuid, uuids)))
    return {row[0]: InstanceMapping(*row) for row in rows}


def list_(
    conn: Connection,
    *,
    project_id: str | None = None,
    cell_uuid: str | None = None,
    unscheduled: bool = False,
    queued_for_delete: bool | None = False,
    limit: int | None = None,
) -> list[InstanceMapping]:
    """Newest first; what stands in for the servers of a cell that cannot be reached.
    ``unscheduled``: only those that no cell holds yet."""
    query = _select.order_by(table.c.id.desc())
    if project_id is not None:
        query = query.where(table.c.project_id == project_id)
    if cell_uuid is not None:
        query = query.where(cells.c.uuid == cell_uuid)
    if unscheduled:
        query = query.where(table.c.cell_id.is_(None))
    if queued_for_delete is not None:
        query = query.where(table.c.queued_for_delete == queued_for_delete)
    if limit is not None:
        query = query.limit(limit)
    return [InstanceMapping(*row) for row in conn.execute(query)]


def set_cell(conn: Connection, uuid: str, cell_uuid: str) -> None:
    """Raises InstanceMappingNotFound and CellMappingNotFound."""
    set_cell_of(conn, [uuid], cell_uuid)


def set_cell_of(conn: Connection, uuids: Collection[str], cell_uuid: str) -> None:
    """The same for several, in one statement."""
    if not uuids:
        return
    cell_id = sa.select(cells.c.id).where(cells.c.uuid == cell_uuid).scalar_subquery()
    found = conn.execute(
        table.update()
        .where(any_of(conn, table.c.instance_uuid, uuids))
        .where(sa.exists().where(cells.c.uuid == cell_uuid))
        .values(cell_id=cell_id, updated_at=utcnow())
    ).rowcount
    if found < len(uuids):
        for uuid in uuids:
            get(conn, uuid)
        raise exception.CellMappingNotFound(uuid=cell_uuid)


def queue_for_delete(conn: Connection, uuid: str) -> bool:
    """Stop counting the server against its project; whether this call was the first to do so."""
    return (
        conn.execute(
            table.update()
            .where(table.c.instance_uuid == uuid, table.c.queued_for_delete == sa.false())
            .values(queued_for_delete=True, updated_at=utcnow())
        ).rowcount
        > 0
    )


def destroy(conn: Connection, uuid: str) -> bool:
    """Whether there was one."""
    return conn.execute(table.delete().where(table.c.instance_uuid == uuid)).rowcount > 0


def _cell_id(conn: Connection, cell_uuid: str) -> int:
    cell_id = conn.execute(sa.select(cells.c.id).where(cells.c.uuid == cell_uuid)).scalar()
    if cell_id is None:
        raise exception.CellMappingNotFound(uuid=cell_uuid)
    return cell_id
