"""Limits per volume type bear the type's name: they are renamed and forgotten with it."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from novalite.volume.embedded.tables.quotas import quota_classes, quotas
from novalite.volume.embedded.tables.types import volume_types

PER_TYPE = ("volumes", "gigabytes", "snapshots")
_TABLES: tuple[Table, ...] = (quotas, quota_classes)


def names(volume_type: str) -> Iterator[str]:
    """The resources that are limited for one type."""
    return (f"{resource}_{volume_type}" for resource in PER_TYPE)


def of_all_types(conn: Connection) -> list[str]:
    column = volume_types.c.name
    found = conn.scalars(sa.select(column).order_by(column)).all()
    return [name for volume_type in found for name in names(volume_type)]


def rename(conn: Connection, before: str, after: str) -> None:
    for table in _TABLES:
        for old, new in zip(names(before), names(after), strict=True):
            conn.execute(sa.update(table).where(table.c.resource == old).values(resource=new))


def forget(conn: Connection, volume_type: str) -> None:
    for table in _TABLES:
        conn.execute(sa.delete(table).where(table.c.resource.in_(list(names(volume_type)))))
