"""Domains, projects, users and groups."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, string, text

domains = Table(
    "identity_domains",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("name", string(255), nullable=False, unique=True),
    Column("description", text()),
    Column("enabled", Boolean, nullable=False),
    Column("extra", Json()),
    Column("options", Json()),
    **MYSQL_OPTIONS,
)

domain_configs = Table(
    "identity_domain_configs",
    metadata,
    Column("domain_id", string(64), ForeignKey("identity_domains.id"), primary_key=True),
    Column("config", Json(), nullable=False),  # {group: {option: value}}
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
    Column("parent_id", string(64)),  # a project; None: the domain itself
    Column("extra", Json()),
    Column("options", Json()),
    UniqueConstraint("domain_id", "name"),
    **MYSQL_OPTIONS,
)

project_tags = Table(
    "identity_project_tags",
    metadata,
    Column("project_id", string(64), primary_key=True),  # of a project or a domain
    Column("name", string(255), primary_key=True),
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
    Column("extra", Json()),
    Column("options", Json()),
    UniqueConstraint("domain_id", "name"),
    **MYSQL_OPTIONS,
)

groups = Table(
    "identity_groups",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("domain_id", string(64), ForeignKey("identity_domains.id"), nullable=False),
    Column("name", string(64), nullable=False),
    Column("description", text()),
    Column("extra", Json()),
    UniqueConstraint("domain_id", "name"),
    **MYSQL_OPTIONS,
)

memberships = Table(
    "identity_memberships",
    metadata,
    Column("group_id", string(64), ForeignKey("identity_groups.id"), primary_key=True),
    Column("user_id", string(64), ForeignKey("identity_users.id"), primary_key=True, index=True),
    **MYSQL_OPTIONS,
)
