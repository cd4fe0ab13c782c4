"""Policy documents that clients store; this service reads none of them."""

from sqlalchemy import Column, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, string, text

policies = Table(
    "identity_policies",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("type", string(255), nullable=False),
    Column("blob", text(), nullable=False),
    Column("extra", Json()),
    **MYSQL_OPTIONS,
)
