"""How much a project may have, by the names that the real service's unified limits have."""

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.image.embedded import tables

if TYPE_CHECKING:
    from oslo_config import cfg

MIB = 1 << 20
SIZE, STAGED, COUNT, UPLOADING = (
    "image_size_total",
    "image_stage_total",
    "image_count_total",
    "image_count_uploading",
)
NAMES = (SIZE, STAGED, COUNT, UPLOADING)
UPLOADING_STATES = ("saving", "uploading", "importing")


class OverQuota(exception.NovaliteError):
    code = 413
    message = (
        "Request is over quota: Project {project_id} is over a limit for "
        "[Resource {name} is over limit of {limit} due to current usage {usage} and delta {delta}]"
    )


class Quotas:
    """Totals of sizes in MiB. Counted from the rows, in the caller's transaction."""

    def __init__(self, conf: "cfg.ConfigOpts") -> None:
        self._limits = {name: int(getattr(conf.embedded, f"quota_{name}")) for name in NAMES}

    def check(self, conn: Connection, project_id: str | None, **deltas: int) -> None:
        """Raises OverQuota. Images without owner count for nobody. A total of sizes is over when
        it was reached before: what is on its way is not known yet."""
        if project_id is None:
            return
        limited = [name for name in deltas if self._limits[name] >= 0]
        if not limited:
            return
        used = self._usage(conn, project_id)
        for name in limited:
            limit, delta = self._limits[name], deltas[name]
            if used[name] + max(delta, 1 if name in (SIZE, STAGED) else 0) > limit:
                raise OverQuota(
                    project_id=project_id, name=name, limit=limit, usage=used[name], delta=delta
                )

    def room(self, conn: Connection, project_id: str | None, name: str) -> int | None:
        """Bytes until a total of sizes is reached; None: no limit."""
        limit = self._limits[name]
        if project_id is None or limit < 0:
            return None
        return max(0, limit - self._usage(conn, project_id)[name]) * MIB

    def usage(self, conn: Connection, project_id: str) -> dict[str, dict[str, int]]:
        used = self._usage(conn, project_id)
        return {name: {"limit": self._limits[name], "usage": used[name]} for name in NAMES}

    @staticmethod
    def _usage(conn: Connection, project_id: str) -> dict[str, int]:
        """One statement. What is staged has its size in the row before it is imported."""
        images = tables.images.c
        zero: Any = 0
        size = sa.func.coalesce(images.size, zero)
        staged = images.status.in_(("uploading", "importing"))
        row = conn.execute(
            sa.select(
                sa.func.coalesce(sa.func.sum(sa.case((~staged, size), else_=zero)), zero),
                sa.func.coalesce(sa.func.sum(sa.case((staged, size), else_=zero)), zero),
                sa.func.count(images.id),
                sa.func.coalesce(
                    sa.func.sum(sa.case((images.status.in_(UPLOADING_STATES), 1), else_=zero)),
                    zero,
                ),
            ).where(images.owner == project_id)
        ).one()
        return {
            SIZE: -(-int(row[0]) // MIB),
            STAGED: -(-int(row[1]) // MIB),
            COUNT: int(row[2]),
            UPLOADING: int(row[3]),
        }
