"""OAuth 1.0a: consumers, and the tokens with which users let them act."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, string, text

oauth_consumers = Table(
    "identity_oauth_consumers",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("description", text()),
    Column("encrypted_secret", text(), nullable=False),
    Column("extra", Json()),
    **MYSQL_OPTIONS,
)

oauth_request_tokens = Table(
    "identity_oauth_request_tokens",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("consumer_id", string(64), ForeignKey("identity_oauth_consumers.id"), nullable=False),
    Column("encrypted_secret", text(), nullable=False),
    Column("project_id", string(64), nullable=False),
    Column("authorizing_user_id", string(64)),
    Column("role_ids", Json()),
    Column("verifier_hash", string(64)),
    Column("expires_at", BigInteger, nullable=False),
    **MYSQL_OPTIONS,
)

oauth_access_tokens = Table(
    "identity_oauth_access_tokens",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("consumer_id", string(64), ForeignKey("identity_oauth_consumers.id"), nullable=False),
    Column("encrypted_secret", text(), nullable=False),
    Column("project_id", string(64), nullable=False),
    Column("authorizing_user_id", string(64), nullable=False, index=True),
    Column("role_ids", Json(), nullable=False),
    Column("expires_at", BigInteger),
    **MYSQL_OPTIONS,
)
