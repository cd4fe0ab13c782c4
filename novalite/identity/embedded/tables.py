"""The tables of the embedded identity service.

``tokens_valid_after`` and ``expires_at`` are microseconds since 1970-01-01 UTC: tokens carry
such numbers, and integers keep their precision in every database.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from novalite.db.embedded import metadata

domains = Table(
    "identity_domains",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("description", Text),
    Column("enabled", Boolean, nullable=False),
)

projects = Table(
    "identity_projects",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("domain_id", String(64), ForeignKey("identity_domains.id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("description", Text),
    Column("enabled", Boolean, nullable=False),
    Column("tokens_valid_after", BigInteger, nullable=False),
    UniqueConstraint("domain_id", "name", name="uniq_identity_projects_name"),
)

users = Table(
    "identity_users",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("domain_id", String(64), ForeignKey("identity_domains.id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("password_hash", String(255)),
    Column("email", String(255)),
    Column("description", Text),
    Column("default_project_id", String(64)),
    Column("enabled", Boolean, nullable=False),
    Column("tokens_valid_after", BigInteger, nullable=False),
    UniqueConstraint("domain_id", "name", name="uniq_identity_users_name"),
)

roles = Table(
    "identity_roles",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("description", Text),
)

implied_roles = Table(
    "identity_implied_roles",
    metadata,
    Column("prior_role_id", String(64), ForeignKey("identity_roles.id"), primary_key=True),
    Column("implied_role_id", String(64), ForeignKey("identity_roles.id"), primary_key=True),
)

assignments = Table(
    "identity_assignments",
    metadata,
    Column("user_id", String(64), ForeignKey("identity_users.id"), primary_key=True),
    Column("target_kind", String(16), primary_key=True),  # project, domain or system
    Column("target_id", String(64), primary_key=True, index=True),  # "all" for system
    Column("role_id", String(64), ForeignKey("identity_roles.id"), primary_key=True),
)

services = Table(
    "identity_services",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("type", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", Text),
    Column("enabled", Boolean, nullable=False),
)

endpoints = Table(
    "identity_endpoints",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("service_id", String(64), ForeignKey("identity_services.id"), nullable=False),
    Column("interface", String(8), nullable=False),
    Column("region_id", String(255)),
    Column("url", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
)

revocations = Table(
    "identity_revocations",
    metadata,
    Column("audit_id", String(32), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
