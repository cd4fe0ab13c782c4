"""OAuth 1.0a consumers: programs that users may let act for them."""

import secrets

from sqlalchemy import Connection

from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.core import Core, Records
from novalite.identity.embedded.rows import Row, delete
from novalite.identity.embedded.sealing import Sealer


class OAuthConsumers(Records):
    resource = queries.oauth_consumers

    def __init__(self, core: Core, sealer: Sealer) -> None:
        super().__init__(core)
        self._sealer = sealer

    def create(self, values: Row) -> Row:
        """The answer has ``secret`` in clear, the only time."""
        secret = secrets.token_hex(32)
        sealed = self._sealer.seal(secret)
        return {**super().create({**values, "encrypted_secret": sealed}), "secret": secret}

    def leave(self, conn: Connection, row: Row) -> None:
        """With all its tokens."""
        delete(conn, tables.oauth_request_tokens, consumer_id=row["id"])
        delete(conn, tables.oauth_access_tokens, consumer_id=row["id"])
