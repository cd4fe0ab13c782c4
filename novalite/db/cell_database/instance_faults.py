"""Why servers failed. The newest fault of a server is the one that is shown."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.cell_database import models
from novalite.db.statements import any_of
from novalite.db.types import utcnow
from novalite.objects import InstanceFault

table = models.instance_faults
_NAMES = ("instance_uuid", "code", "message", "details", "host", "created_at")
_columns = tuple(table.c[name] for name in _NAMES)
MESSAGE_LENGTH = 255


def create(conn: Connection, fault: InstanceFault) -> None:
    """The message is cut to the column's 255 characters; ``details`` keeps the rest."""
    values: dict[str, Any] = {name: getattr(fault, name) for name in _NAMES}
    values["created_at"] = fault.created_at or utcnow()
    if len(fault.message) > MESSAGE_LENGTH:
        values["message"] = fault.message[:MESSAGE_LENGTH]
        values["details"] = fault.message if not fault.details else fault.details
    conn.execute(table.insert(), values)


def list_(conn: Connection, instance_uuid: str) -> list[InstanceFault]:
    """Newest first."""
    query = sa.select(*_columns).where(table.c.instance_uuid == instance_uuid)
    return [InstanceFault(*row) for row in conn.execute(query.order_by(table.c.id.desc()))]


def newest(conn: Connection, instance_uuids: Iterable[str]) -> dict[str, InstanceFault]:
    """uuid -> its newest fault, of those that have one; one statement."""
    among = any_of(conn, table.c.instance_uuid, instance_uuids)
    latest = sa.select(sa.func.max(table.c.id)).where(among).group_by(table.c.instance_uuid)
    query = sa.select(*_columns).where(table.c.id.in_(latest))
    return {row[0]: InstanceFault(*row) for row in conn.execute(query)}
