"""Which volumes a group has, and which it may have."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.exception import Invalid, InvalidInput, NotFound
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.groups import group_volume_types
from novalite.volume.embedded.tables.groups import groups as T
from novalite.volume.embedded.tables.volumes import volumes

JOINABLE = ("available", "in-use")
"""States of volumes that may join a group, leave it and be snapshotted with it."""


class GroupNotFound(NotFound):
    message = "Group {group_id} could not be found."


class InvalidGroup(Invalid):
    message = "Invalid group: {reason}"


def get(conn: Connection, core: Core, context: RequestContext, group_id: str) -> Row:
    """Raises GroupNotFound also for one that the caller may not see."""
    row = rows.get(conn, T, group_id)
    if row is None or not core.may_see(context, row):
        raise GroupNotFound(group_id=group_id)
    return row


def check(
    conn: Connection, core: Core, context: RequestContext, group_id: str, type_id: str
) -> None:
    """Whether a new volume of a type may be made in a group.

    Raises GroupNotFound, InvalidInput.
    """
    group = get(conn, core, context, group_id)
    if group["status"] not in ("available", "creating"):
        raise InvalidGroup(reason=f"Group status is {group['status']}.")
    if type_id not in types_of(conn, [group_id]).get(group_id, []):
        raise InvalidInput(
            reason=f"Invalid volume_type {type_id} provided (requested type must be supported by "
            f"this group {group_id})."
        )


def states(conn: Connection, group_id: str) -> set[str]:
    query = sa.select(volumes.c.status).where(volumes.c.group_id == group_id).distinct()
    return set(conn.scalars(query))


def insert(conn: Connection, row: Row, types: Iterable[str]) -> None:
    rows.insert(conn, T, row)
    for type_id in dict.fromkeys(types):
        rows.insert(conn, group_volume_types, {"group_id": row["id"], "volume_type_id": type_id})


def types_of(conn: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if ids:
        G = group_volume_types
        query = sa.select(G).where(any_of(conn, G.c.group_id, ids)).order_by(G.c.volume_type_id)
        for row in conn.execute(query):
            found.setdefault(row.group_id, []).append(row.volume_type_id)
    return found


def complete(conn: Connection, found: list[Row]) -> list[Row]:
    """Adds ``volume_types`` and ``volumes``. Two statements."""
    ids = rows.ids_of(found)
    types = types_of(conn, ids)
    members: dict[str | None, list[str]] = {}
    if ids:
        query = sa.select(volumes.c.group_id, volumes.c.id).order_by(volumes.c.created_at)
        for group_id, volume_id in conn.execute(query.where(any_of(conn, volumes.c.group_id, ids))):
            members.setdefault(group_id, []).append(volume_id)
    return [
        {**row, "volume_types": types.get(row["id"], []), "volumes": members.get(row["id"], [])}
        for row in found
    ]
