"""New keys for tokens and for stored secrets, while services run: they look at the directories of
keys again every half minute, and know the next primary key long before it is used."""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.engine import Database
from novalite.identity.embedded import tables
from novalite.identity.embedded.keys import KeyRepository
from novalite.identity.embedded.sealing import Sealer

if TYPE_CHECKING:
    from oslo_config import cfg

_SEALED = (
    (tables.credentials, "encrypted_blob"),
    (tables.oauth_consumers, "encrypted_secret"),
    (tables.oauth_request_tokens, "encrypted_secret"),
    (tables.oauth_access_tokens, "encrypted_secret"),
)


def rotate_token_keys(conf: "cfg.ConfigOpts") -> None:
    """See KeyRepository.rotate: tokens older than two rotations are invalid afterwards."""
    KeyRepository(conf.embedded.key_repository).rotate()


def rotate_credential_keys(conf: "cfg.ConfigOpts", database: Database) -> int:
    """Encrypts all stored secrets under a new key; how many. May be killed and run again at any
    point: before a key is dropped, nothing is encrypted by it any more."""
    keys = KeyRepository(conf.embedded.credential_key_repository)
    keys.ensure()
    database.run(lambda conn: renew(conn, Sealer(keys)))
    keys.rotate()
    return database.run(lambda conn: renew(conn, Sealer(keys)))


def renew(conn: Connection, sealer: Sealer) -> int:
    """Encrypts all stored secrets under the primary key."""
    done = 0
    for table, name in _SEALED:
        column = table.c[name]
        for row_id, sealed in conn.execute(sa.select(table.c.id, column)).all():
            # What is changed meanwhile is sealed by the new key already.
            statement = sa.update(table).where(table.c.id == row_id, column == sealed)
            done += conn.execute(statement.values({name: sealer.renew(sealed)})).rowcount
    return done
