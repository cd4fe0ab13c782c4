"""The tables of the embedded identity service.

``tokens_valid_after`` and ``expires_at`` are microseconds since 1970-01-01 UTC: tokens carry
such numbers, and integers keep their precision in every database.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, string, text

domains = Table(
    "identity_domains",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("name", string(255), nullable=False, unique=True),
    Column("description", text()),
    Column("enabled", Boolean, nullable=False),
    **MYSQL_OPTIONS,
)

projects = Table(
    "identity_projects",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("domain_id", string(64), ForeignKey("identity_domains.id"), nullable=False),
    Column("name", string(64), nullable=False),
    Column("description", text()),
    Column("enabled", Boolean, nullable=False),
    Column("tokens_valid_after", BigInteger, nullable=False),
    UniqueConstraint("domain_id", "name"),
    **MYSQL_OPTIONS,
)

users = Table(
    "identity_users",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("domain_id", string(64), ForeignKey("identity_domains.id"), nullable=False),
    Column("name", string(255), nullable=False),
    Column("password_hash", string(255)),
    Column("email", string(255)),
    Column("description", text()),
    Column("default_project_id", string(64)),
    Column("enabled", Boolean, nullable=False),
    Column("tokens_valid_after", BigInteger, nullable=False),
    UniqueConstraint("domain_id", "name"),
    **MYSQL_OPTIONS,
)

roles = Table(
    "identity_roles",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("name", string(255), nullable=False, unique=True),
    Column("description", text()),
    **MYSQL_OPTIONS,
)

implied_roles = Table(
    "identity_implied_roles",
    metadata,
    Column("prior_role_id", string(64), ForeignKey("identity_roles.id"), primary_key=True),
    Column("implied_role_id", string(64), ForeignKey("identity_roles.id"), primary_key=True),
    **MYSQL_OPTIONS,
)

assignments = Table(
    "identity_assignments",
    metadata,
    Column("user_id", string(64), ForeignKey("identity_users.id"), primary_key=True),
    Column("target_kind", string(16), primary_key=True),  # project, domain or system
    Column("target_id", string(64), primary_key=True, index=True),  # "all" for system
    Column("role_id", string(64), ForeignKey("identity_roles.id"), primary_key=True),
    **MYSQL_OPTIONS,
)

services = Table(
    "identity_services",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("type", string(255), nullable=False),
    Column("name", string(255), nullable=False),
    Column("description", text()),
    Column("enabled", Boolean, nullable=False),
    **MYSQL_OPTIONS,
)

endpoints = Table(
    "identity_endpoints",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("service_id", string(64), ForeignKey("identity_services.id"), nullable=False),
    Column("interface", string(8), nullable=False),
    Column("region_id", string(255)),
    Column("url", text(), nullable=False),
    Column("enabled", Boolean, nullable=False),
    **MYSQL_OPTIONS,
)

revocations = Table(
    "identity_revocations",
    metadata,
    Column("audit_id", string(32), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    **MYSQL_OPTIONS,
)
