"""The registered cells."""

import sqlalchemy as sa
from oslo_utils import uuidutils
from sqlalchemy import Connection

from novalite import exception
from novalite.db.api_database import models
from novalite.db.records import Mapping
from novalite.db.statements import insert_unless_there, new_id
from novalite.objects import CellMapping

table = models.cell_mappings
_mapping = Mapping(CellMapping, table)


def list_(conn: Connection) -> list[CellMapping]:
    """All cells, cell0 and disabled ones too, in the order of their registration."""
    return _mapping.load_all(conn.execute(_mapping.select().order_by(table.c.id)))


def get(conn: Connection, uuid: str) -> CellMapping:
    """Raises CellMappingNotFound."""
    row = conn.execute(_mapping.select().where(table.c.uuid == uuid)).first()
    if row is None:
        raise exception.CellMappingNotFound(uuid=uuid)
    return _mapping.load(row)


def create(conn: Connection, cell: CellMapping) -> CellMapping:
    """Raises DuplicateKey when the uuid is registered."""
    result = conn.execute(table.insert(), _mapping.values(cell))
    cell.id = new_id(result)
    return cell


def ensure(
    conn: Connection, uuid: str | None, name: str, database_connection: str, transport_url: str
) -> CellMapping:
    """The cell of this uuid (or, without one, of this name): registered if it is not, brought up
    to date if its URLs changed."""
    if uuid is None:
        # Two processes that register the same name at once must meet on one unique value.
        uuid = uuidutils.generate_uuid()
        known = conn.execute(_mapping.select().where(table.c.name == name)).first()
        if known is None:
            # cell0's row serves as the lock: all registrations touch it first.
            conn.execute(
                sa.select(table.c.id).order_by(table.c.id).limit(1).with_for_update()
            ).first()
            known = conn.execute(_mapping.select().where(table.c.name == name)).first()
    else:
        known = conn.execute(_mapping.select().where(table.c.uuid == uuid)).first()
    wanted = {"database_connection": database_connection, "transport_url": transport_url}
    if known is None:
        cell = CellMapping(uuid, name, database_connection, transport_url)
        insert_unless_there(conn, table, _mapping.values(cell))
        return get(conn, uuid)
    cell = _mapping.load(known)
    if {key: getattr(cell, key) for key in wanted} != wanted:
        conn.execute(table.update().where(table.c.id == cell.id), wanted)
        return get(conn, cell.uuid)
    return cell


def update(conn: Connection, uuid: str, **changes: object) -> CellMapping:
    """Change name, transport_url, database_connection or disabled.

    Raises CellMappingNotFound."""
    if not conn.execute(table.update().where(table.c.uuid == uuid), changes).rowcount:
        raise exception.CellMappingNotFound(uuid=uuid)
    return get(conn, uuid)


def destroy(conn: Connection, uuid: str) -> bool:
    """Forget a cell without hosts and servers; whether it was registered."""
    return conn.execute(table.delete().where(table.c.uuid == uuid)).rowcount > 0
