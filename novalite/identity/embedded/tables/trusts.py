"""Trusts: what one user lets another do in his place."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, string

trusts = Table(
    "identity_trusts",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("trustor_user_id", string(64), nullable=False, index=True),
    Column("trustee_user_id", string(64), nullable=False, index=True),
    Column("project_id", string(64), index=True),
    Column("impersonation", Boolean, nullable=False),
    Column("expires_at", BigInteger),
    Column("remaining_uses", Integer),
    Column("redelegation_count", Integer, nullable=False),
    Column("redelegated_trust_id", string(64), index=True),
    Column("extra", Json()),
    **MYSQL_OPTIONS,
)

trust_roles = Table(
    "identity_trust_roles",
    metadata,
    Column("trust_id", string(64), ForeignKey("identity_trusts.id"), primary_key=True),
    Column("role_id", string(64), primary_key=True),
    **MYSQL_OPTIONS,
)
