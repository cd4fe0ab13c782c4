"""Answers that were given under an ``Idempotency-Key``, so that a repeated request gets the
same one instead of a second server."""

import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.api_database import models
from novalite.db.statements import insert_unless_there
from novalite.db.types import utcnow

table = models.idempotency_keys


@dataclasses.dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """``response`` is None while the first request runs."""

    project_id: str
    key: str
    body_hash: str
    response: Any
    created_at: datetime.datetime


def reserve(
    conn: Connection,
    project_id: str,
    key: str,
    body_hash: str,
    now: datetime.datetime | None = None,
) -> IdempotencyKey | None:
    """None: the key is new, and now the caller's. Else what is known of it: wait or answer with
    its ``response``. In the transaction that also does the work, a doubled request waits here
    until the first one is committed.

    ``body_hash``: up to 64 characters. Raises IdempotencyKeyReused for another body.
    """
    row = {
        "project_id": project_id,
        "idempotency_key": key,
        "body_hash": body_hash,
        "created_at": now or utcnow(),
    }
    if insert_unless_there(conn, table, row):
        return None
    known = get(conn, project_id, key)
    if known is not None and known.body_hash != body_hash:
        raise exception.IdempotencyKeyReused(key=key)
    return known


def get(conn: Connection, project_id: str, key: str) -> IdempotencyKey | None:
    row = conn.execute(
        sa.select(
            table.c.project_id,
            table.c.idempotency_key,
            table.c.body_hash,
            table.c.response,
            table.c.created_at,
        ).where(*_named(project_id, key))
    ).first()
    return None if row is None else IdempotencyKey(*row)


def finish(conn: Connection, project_id: str, key: str, response: Any) -> None:
    """Store the answer (anything that JSON can hold)."""
    conn.execute(
        table.update()
        .where(*_named(project_id, key))
        .values(response=response, updated_at=utcnow())
    )


def release(conn: Connection, project_id: str, key: str) -> bool:
    """The request failed: the key may be used again. Whether it was reserved."""
    return conn.execute(table.delete().where(*_named(project_id, key))).rowcount > 0


def expire(conn: Connection, older_than: datetime.datetime) -> int:
    """Forget old keys; how many."""
    return conn.execute(table.delete().where(table.c.created_at < older_than)).rowcount


def _named(project_id: str, key: str) -> tuple[Any, ...]:
    return table.c.project_id == project_id, table.c.idempotency_key == key
