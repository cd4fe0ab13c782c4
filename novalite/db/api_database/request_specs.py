"""What was asked of the scheduler for a server; kept for its whole life."""

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.api_database import models
from novalite.db.statements import any_of
from novalite.db.types import utcnow
from novalite.objects import RequestSpec

table = models.request_specs


def create(conn: Connection, specs: Iterable[RequestSpec]) -> None:
    """Raises DuplicateKey."""
    rows = [{"instance_uuid": spec.instance_uuid, "spec": spec} for spec in specs]
    if rows:
        conn.execute(table.insert(), rows)


def get(conn: Connection, uuid: str) -> RequestSpec:
    """Raises RequestSpecNotFound."""
    spec = conn.execute(sa.select(table.c.spec).where(table.c.instance_uuid == uuid)).scalar()
    if spec is None:
        raise exception.RequestSpecNotFound(instance_uuid=uuid)
    return spec


def get_many(conn: Connection, uuids: Iterable[str]) -> dict[str, RequestSpec]:
    """uuid -> spec, of those that exist."""
    uuids = list(uuids)
    if not uuids:
        return {}
    query = sa.select(table.c.instance_uuid, table.c.spec)
    rows = conn.execute(query.where(any_of(conn, table.c.instance_uuid, uuids)))
    return dict(rows.all())


def parts(
    conn: Connection, uuids: Iterable[str], names: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """uuid -> the named members of its spec, as plain JSON values: for lists, which need little
    of many specs."""
    uuids, names = list(uuids), tuple(names)
    if not uuids:
        return {}
    query = sa.select(table.c.instance_uuid, sa.type_coerce(table.c.spec, sa.Text()))
    rows = conn.execute(query.where(any_of(conn, table.c.instance_uuid, uuids)))
    found = {}
    for uuid, text in rows:
        spec = json.loads(text)
        found[uuid] = {name: spec.get(name) for name in names}
    return found


def save(conn: Connection, spec: RequestSpec) -> None:
    """Raises RequestSpecNotFound."""
    found = conn.execute(
        table.update().where(table.c.instance_uuid == spec.instance_uuid),
        {"spec": spec, "updated_at": utcnow()},
    ).rowcount
    if not found:
        raise exception.RequestSpecNotFound(instance_uuid=spec.instance_uuid)


def destroy(conn: Connection, uuid: str) -> bool:
    """Whether there was one."""
    return conn.execute(table.delete().where(table.c.instance_uuid == uuid)).rowcount > 0
