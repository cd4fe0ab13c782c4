"""How much a project may have, what it has, and whether more fits.

Limits: the project's own, else those of the class ``default``, else the configuration's; -1 is no
limit. Usage is counted from the resources, never kept. Resources that have a volume type are also
limited per type (``volumes_<type>``, ``gigabytes_<type>``, ``snapshots_<type>``), unlimited unless
somebody sets it.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.statements import insert_unless_there
from novalite.exception import OverQuota
from novalite.volume.embedded import quota_names
from novalite.volume.embedded.core import Core
from novalite.volume.embedded.quota_names import PER_TYPE
from novalite.volume.embedded.tables.quotas import quota_classes, quota_locks, quotas
from novalite.volume.embedded.usage import Usage, usage_of

RESOURCES = (
    "volumes",
    "per_volume_gigabytes",
    "snapshots",
    "gigabytes",
    "backups",
    "backup_gigabytes",
    "groups",
)
DEFAULT_CLASS = "default"
UNLIMITED = -1


class QuotaError(OverQuota):
    """The volume API answers 413 where the compute API answers 403."""

    code = 413

    def __init__(self, message: str | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.headers["Retry-After"] = "0"


class VolumeLimitExceeded(QuotaError):
    message = "Maximum number of volumes allowed ({allowed}) exceeded for quota '{name}'."


class SnapshotLimitExceeded(QuotaError):
    message = "Maximum number of snapshots allowed ({allowed}) exceeded"


class BackupLimitExceeded(QuotaError):
    message = "Maximum number of backups allowed ({allowed}) exceeded"


class GroupLimitExceeded(QuotaError):
    message = "Maximum number of groups allowed ({allowed}) exceeded"


class VolumeSizeExceedsLimit(QuotaError):
    message = "Requested volume size {size}G is larger than maximum allowed limit {limit}G."


class VolumeSizeExceedsAvailableQuota(QuotaError):
    message = (
        "Requested volume or snapshot exceeds allowed {name} quota. Requested {requested}G, quota "
        "is {quota}G and {consumed}G has been consumed."
    )


class VolumeBackupSizeExceedsAvailableQuota(QuotaError):
    message = (
        "Requested backup exceeds allowed Backup gigabytes quota. Requested {requested}G, quota "
        "is {quota}G and {consumed}G has been consumed."
    )


_COUNTS: dict[str, type[QuotaError]] = {
    "volumes": VolumeLimitExceeded,
    "snapshots": SnapshotLimitExceeded,
    "backups": BackupLimitExceeded,
    "groups": GroupLimitExceeded,
}


class Quotas:
    def __init__(self, core: Core) -> None:
        self.core = core

    def check(
        self,
        conn: Connection,
        project_id: str,
        deltas: Mapping[str, int],
        volume_type: str | None = None,
    ) -> None:
        """Whether ``deltas`` more of each resource fit, until this transaction ends.

        ``deltas`` names resources (gigabytes in GiB); ``per_volume_gigabytes`` is the size of one
        volume. ``volume_type`` is a type's name: its own limits count too. A delta of nothing
        always fits. Raises a QuotaError (413), which says what would be too much.
        """
        wanted = {name: delta for name, delta in deltas.items() if delta > 0}
        if volume_type is not None:
            wanted |= {f"{name}_{volume_type}": wanted[name] for name in PER_TYPE if name in wanted}
        _lock(conn, project_id)
        limits = self.limits(conn, project_id)
        size = wanted.pop("per_volume_gigabytes", 0)
        largest = limits["per_volume_gigabytes"]
        if UNLIMITED < largest < size:
            raise VolumeSizeExceedsLimit(size=size, limit=largest)
        limited = {n: d for n, d in wanted.items() if limits.get(n, UNLIMITED) != UNLIMITED}
        if not limited:
            return
        used = usage_of(conn, project_id)
        for name in sorted(limited, key=lambda each: "gigabytes" not in each):
            if used.of(name) + limited[name] > limits[name]:
                raise _over(name, limited[name], limits[name], used)

    # ---- limits ----

    def limits(self, conn: Connection, project_id: str) -> dict[str, int]:
        """Resource -> limit; of the types' only what somebody set. One statement."""
        of_class = sa.select(
            sa.literal(0).label("rank"), quota_classes.c.resource, quota_classes.c.limit_
        ).where(quota_classes.c.class_name == DEFAULT_CLASS)
        of_project = sa.select(
            sa.literal(1).label("rank"), quotas.c.resource, quotas.c.limit_
        ).where(quotas.c.project_id == project_id)
        found = conn.execute(sa.union_all(of_class, of_project)).all()
        ranked = sorted(found, key=lambda row: row[0])
        return self.configured() | {resource: limit for _, resource, limit in ranked}

    def class_limits(self, conn: Connection, class_name: str) -> dict[str, int]:
        """What the class sets, over the configuration."""
        query = sa.select(quota_classes.c.resource, quota_classes.c.limit_)
        found = conn.execute(query.where(quota_classes.c.class_name == class_name))
        return self.configured() | dict(found.all())

    def configured(self) -> dict[str, int]:
        group = self.core.conf.embedded
        return {name: int(getattr(group, f"volume_quota_{name}")) for name in RESOURCES}


def in_full(conn: Connection, limits: Mapping[str, int]) -> dict[str, int]:
    """With the resources of all types, unlimited where nobody limits them."""
    names = (*RESOURCES, *quota_names.of_all_types(conn))
    return {name: limits.get(name, UNLIMITED) for name in names}


def _lock(conn: Connection, project_id: str) -> None:
    """Until this transaction ends nobody else counts this project's usage: what is counted stays
    true. On SQLite there is but one writing transaction anyway."""
    if conn.dialect.name == "sqlite":
        return
    query = (
        sa.select(quota_locks.c.project_id)
        .where(quota_locks.c.project_id == project_id)
        .with_for_update()
    )
    if conn.execute(query).first() is None:
        insert_unless_there(conn, quota_locks, {"project_id": project_id})
        conn.execute(query)


def _over(name: str, requested: int, limit: int, used: Usage) -> QuotaError:
    if name == "backup_gigabytes":
        return VolumeBackupSizeExceedsAvailableQuota(
            requested=requested, quota=limit, consumed=used.of(name)
        )
    if name.startswith("gigabytes"):
        return VolumeSizeExceedsAvailableQuota(
            name=name, requested=requested, quota=limit, consumed=used.of(name)
        )
    return _COUNTS[name.partition("_")[0]](allowed=limit, name=name)
