"""What a project has of everything that quotas limit, counted from the resources themselves."""

import dataclasses
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.sql import ColumnElement

from novalite.volume.embedded.tables.backups import backups
from novalite.volume.embedded.tables.groups import groups
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.types import volume_types
from novalite.volume.embedded.tables.volumes import volumes

_GIGABYTES = {"volumes": "gigabytes", "snapshots": "gigabytes", "backups": "backup_gigabytes"}


@dataclasses.dataclass(slots=True)
class Usage:
    """Resource -> how many, gigabytes in GiB; also per type (``volumes_<type>``)."""

    counted: dict[str, int] = dataclasses.field(default_factory=dict)

    def of(self, resource: str) -> int:
        return self.counted.get(resource, 0)

    def add(self, resource: str, amount: int) -> None:
        self.counted[resource] = self.of(resource) + amount


def usage_of(conn: Connection, project_id: str) -> Usage:
    """One statement. Snapshots count as gigabytes, at the size of their volume."""
    statement = sa.union_all(
        _count("volumes", volumes, volumes.c.size, project_id, typed=True),
        _count("snapshots", snapshots, snapshots.c.volume_size, project_id, typed=True),
        _count("backups", backups, backups.c.size, project_id),
        _count("groups", groups, sa.literal(0), project_id),
    )
    usage = Usage()
    for kind, type_name, number, gigabytes in conn.execute(statement):
        size = _GIGABYTES.get(kind)
        usage.add(kind, number)
        if size is not None:
            usage.add(size, int(gigabytes or 0))
        if type_name is not None:
            usage.add(f"{kind}_{type_name}", number)
            usage.add(f"{size}_{type_name}", int(gigabytes or 0))
    return usage


def _count(
    kind: str, table: Table, size: ColumnElement[Any], project_id: str, *, typed: bool = False
) -> sa.Select[Any]:
    mine = table.c.project_id == project_id
    if not typed:
        name: ColumnElement[Any] = sa.cast(sa.null(), sa.String(255))
        return sa.select(sa.literal(kind), name, sa.func.count(), sa.func.sum(size)).where(mine)
    query = sa.select(sa.literal(kind), volume_types.c.name, sa.func.count(), sa.func.sum(size))
    joined = table.outerjoin(volume_types, table.c.volume_type_id == volume_types.c.id)
    return query.select_from(joined).where(mine).group_by(volume_types.c.name)
