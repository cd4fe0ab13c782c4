"""Key pairs of users."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.api_database import models
from novalite.db.errors import DuplicateKey
from novalite.db.records import Mapping
from novalite.objects import KeyPair

table = models.key_pairs
_mapping = Mapping(KeyPair, table)


def get(conn: Connection, user_id: str, name: str) -> KeyPair:
    """Raises KeypairNotFound."""
    row = conn.execute(
        _mapping.select().where(table.c.user_id == user_id, table.c.name == name)
    ).first()
    if row is None:
        raise exception.KeypairNotFound(name=name, user_id=user_id)
    return _mapping.load(row)


def list_(
    conn: Connection, user_id: str, limit: int | None = None, marker: str | None = None
) -> list[KeyPair]:
    """By name; ``marker`` is the name of the last one seen. Raises MarkerNotFound."""
    query = _mapping.select().where(table.c.user_id == user_id).order_by(table.c.name)
    if marker is not None:
        known = conn.execute(
            sa.select(table.c.id).where(table.c.user_id == user_id, table.c.name == marker)
        ).first()
        if known is None:
            raise exception.MarkerNotFound(marker=marker)
        query = query.where(table.c.name > marker)
    if limit is not None:
        query = query.limit(limit)
    return _mapping.load_all(conn.execute(query))


def count(conn: Connection, user_id: str) -> int:
    return conn.execute(
        sa.select(sa.func.count()).select_from(table).where(table.c.user_id == user_id)
    ).scalar_one()


def create(conn: Connection, keypair: KeyPair) -> KeyPair:
    """The stored key pair. Raises KeyPairExists."""
    try:
        conn.execute(table.insert(), _mapping.values(keypair))
    except DuplicateKey:
        raise exception.KeyPairExists(key_name=keypair.name) from None
    return get(conn, keypair.user_id, keypair.name)


def destroy(conn: Connection, user_id: str, name: str) -> None:
    """Raises KeypairNotFound."""
    found = conn.execute(
        table.delete().where(table.c.user_id == user_id, table.c.name == name)
    ).rowcount
    if not found:
        raise exception.KeypairNotFound(name=name, user_id=user_id)
