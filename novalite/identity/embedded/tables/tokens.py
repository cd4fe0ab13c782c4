"""Tokens have no rows; revoked ones have, until they would have expired."""

from sqlalchemy import BigInteger, Column, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, string

revocations = Table(
    "identity_revocations",
    metadata,
    Column("audit_id", string(32), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    **MYSQL_OPTIONS,
)
