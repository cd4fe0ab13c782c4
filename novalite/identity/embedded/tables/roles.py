"""Roles, what they imply, and who has them where."""

from sqlalchemy import Boolean, Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, string, text

roles = Table(
    "identity_roles",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("domain_id", string(64), nullable=False, server_default=""),  # "": a global role
    Column("name", string(255), nullable=False),
    Column("description", text()),
    Column("extra", Json()),
    Column("options", Json()),
    UniqueConstraint("domain_id", "name"),
    **MYSQL_OPTIONS,
)

implied_roles = Table(
    "identity_implied_roles",
    metadata,
    Column("prior_role_id", string(64), ForeignKey("identity_roles.id"), primary_key=True),
    Column("implied_role_id", string(64), ForeignKey("identity_roles.id"), primary_key=True),
    **MYSQL_OPTIONS,
)

# An inherited grant is not for the domain or project itself but for the projects below it.
grants = Table(
    "identity_grants",
    metadata,
    Column("actor_kind", string(8), primary_key=True),  # user or group
    Column("actor_id", string(64), primary_key=True),
    Column("target_kind", string(16), primary_key=True),  # project, domain or system
    Column("target_id", string(64), primary_key=True, index=True),  # "all" for system
    Column("role_id", string(64), primary_key=True, index=True),
    Column("inherited", Boolean, primary_key=True),
    **MYSQL_OPTIONS,
)
