"""Which servers ran within a period, the deleted ones too."""

import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.cell_database import models
from novalite.db.statements import beyond, order_by
from novalite.objects import Flavor, from_json

instances = models.instances
extra = models.instance_extra

Place = tuple[str | None, str]
_ORDER = (instances.c.project_id, instances.c.uuid)
_DIRECTIONS = ("asc", "asc")


@dataclasses.dataclass(frozen=True, slots=True)
class ServerUse:
    """``flavor`` is the one it has, or had when it was deleted."""

    project_id: str
    uuid: str
    name: str
    vm_state: str
    launched_at: datetime.datetime
    terminated_at: datetime.datetime | None
    flavor: Flavor

    @property
    def place(self) -> Place:
        """By what lists are ordered."""
        return (self.project_id, self.uuid)


_SELECT = sa.select(
    instances.c.project_id,
    instances.c.uuid,
    instances.c.display_name,
    instances.c.vm_state,
    instances.c.launched_at,
    instances.c.terminated_at,
    # As text: most flavors are equal among many servers and are then decoded once.
    sa.type_coerce(extra.c.flavor, sa.Text()).label("flavor"),
).select_from(instances.join(extra, extra.c.instance_uuid == instances.c.uuid))


def place_of(conn: Connection, uuid: str) -> Place | None:
    """Where a server, deleted or not, stands in the order; None when it is not in this cell."""
    row = conn.execute(sa.select(*_ORDER).where(instances.c.uuid == uuid)).first()
    return None if row is None else (row[0], row[1])


def active(
    conn: Connection,
    begin: datetime.datetime,
    end: datetime.datetime,
    *,
    project_id: str | None = None,
    limit: int | None = None,
    after: Place | None = None,
) -> list[ServerUse]:
    """Those launched before ``end`` that were not gone at ``begin``, by project and uuid, behind
    ``after``. One statement."""
    ended = instances.c.terminated_at
    query = _SELECT.where(
        sa.or_(ended.is_(None), ended > begin),
        instances.c.launched_at < end,
        instances.c.hidden == sa.false(),
    )
    if project_id is not None:
        query = query.where(instances.c.project_id == project_id)
    if after is not None:
        query = query.where(beyond(_ORDER, _DIRECTIONS, after))
    query = query.order_by(*(order_by(conn, column, "asc") for column in _ORDER))
    if limit is not None:
        query = query.limit(limit)
    flavors: dict[str, Flavor] = {}
    return [_use(row, flavors) for row in conn.execute(query)]


def _use(row: Any, flavors: dict[str, Flavor]) -> ServerUse:
    project_id, uuid, name, vm_state, launched_at, terminated_at, raw = row
    if raw not in flavors:
        flavors[raw] = from_json(raw)
    return ServerUse(project_id, uuid, name, vm_state, launched_at, terminated_at, flavors[raw])
