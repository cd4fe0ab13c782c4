"""Which cell a compute host belongs to."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.api_database import models
from novalite.db.statements import insert_unless_there

table = models.host_mappings
cells = models.cell_mappings


def map_host(conn: Connection, host: str, cell_uuid: str) -> bool:
    """Map a host to a cell; whether it is new. A host that is mapped stays where it is.

    Raises CellMappingNotFound."""
    cell_id = conn.execute(sa.select(cells.c.id).where(cells.c.uuid == cell_uuid)).scalar()
    if cell_id is None:
        raise exception.CellMappingNotFound(uuid=cell_uuid)
    return insert_unless_there(conn, table, {"host": host, "cell_id": cell_id})


def get(conn: Connection, host: str) -> str:
    """The uuid of the host's cell. Raises HostMappingNotFound."""
    uuid = conn.execute(
        sa.select(cells.c.uuid)
        .join(table, table.c.cell_id == cells.c.id)
        .where(table.c.host == host)
    ).scalar()
    if uuid is None:
        raise exception.HostMappingNotFound(name=host)
    return uuid


def list_(conn: Connection, cell_uuid: str | None = None) -> dict[str, str]:
    """host -> uuid of its cell."""
    query = sa.select(table.c.host, cells.c.uuid).join(cells, table.c.cell_id == cells.c.id)
    if cell_uuid is not None:
        query = query.where(cells.c.uuid == cell_uuid)
    return dict(conn.execute(query.order_by(table.c.host)).all())


def destroy(conn: Connection, host: str) -> bool:
    """Whether the host was mapped."""
    return conn.execute(table.delete().where(table.c.host == host)).rowcount > 0
