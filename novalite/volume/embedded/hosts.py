"""How much is kept on each volume host, per project."""

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import Table
from sqlalchemy.sql import ColumnElement

from novalite.context import RequestContext
from novalite.exception import NotFound
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.services import VOLUME, Services
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.volumes import volumes

TOTAL = "(total)"


class Hosts:
    def __init__(self, core: Core, services: Services) -> None:
        self.core = core
        self.services = services

    def list_(self, context: RequestContext, binary: str | None = None) -> list[Row]:
        """Services, as ``Services.list_`` has them."""
        self.core.authorize(context, "volume_extension:hosts")
        return self.services.list_(context, binary=binary)

    def show(self, context: RequestContext, host: str) -> list[Row]:
        """Totals first, then each project's: ``project``, ``volumes``, ``volume_gb``,
        ``snapshots``, ``snapshot_gb``. Raises NotFound."""
        self.core.authorize(context, "volume_extension:hosts")
        if not any(row["host"] == host for row in self.services.list_(context, binary=VOLUME)):
            raise NotFound(f"Host {host} could not be found.")
        name, _, backend = host.partition("@")
        here = [volumes.c.host == name, volumes.c.backend == backend]
        found: dict[str, Row] = {}
        with self.core.database.read() as conn:
            statement = sa.union_all(
                _per_project("volume", volumes, volumes.c.size).where(*here),
                _per_project("snapshot", snapshots, snapshots.c.volume_size)
                .join(volumes, snapshots.c.volume_id == volumes.c.id)
                .where(*here),
            )
            for kind, project, number, size in cast("Any", conn.execute(statement)):
                for owner in (TOTAL, project):
                    row = found.setdefault(owner, _empty(owner))
                    row[f"{kind}s"] += number
                    row[f"{kind}_gb"] += int(size or 0)
        total = found.pop(TOTAL, _empty(TOTAL))
        return [total, *(found[project] for project in sorted(found))]


def _empty(project: str) -> Row:
    return {"project": project, "volumes": 0, "volume_gb": 0, "snapshots": 0, "snapshot_gb": 0}


def _per_project(
    kind: str, table: Table, size: ColumnElement[int]
) -> sa.Select[tuple[object, ...]]:
    query = sa.select(sa.literal(kind), table.c.project_id, sa.func.count(), sa.func.sum(size))
    return query.group_by(table.c.project_id)
