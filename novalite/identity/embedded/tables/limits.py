"""Unified limits: defaults per service, and what projects and domains have instead."""

from sqlalchemy import Column, ForeignKey, Integer, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, string, text

registered_limits = Table(
    "identity_registered_limits",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("service_id", string(64), ForeignKey("identity_services.id"), nullable=False),
    Column("region_id", string(255), nullable=False),  # "": every region
    Column("resource_name", string(255), nullable=False),
    Column("default_limit", Integer, nullable=False),
    Column("description", text()),
    UniqueConstraint("service_id", "region_id", "resource_name"),
    **MYSQL_OPTIONS,
)

limits = Table(
    "identity_limits",
    metadata,
    Column("id", string(64), primary_key=True),
    Column(
        "registered_limit_id",
        string(64),
        ForeignKey("identity_registered_limits.id"),
        nullable=False,
    ),
    Column("project_id", string(64), nullable=False),  # "" for a domain's limit
    Column("domain_id", string(64), nullable=False),  # "" for a project's limit
    Column("resource_limit", Integer, nullable=False),
    Column("description", text()),
    UniqueConstraint("registered_limit_id", "project_id", "domain_id"),
    **MYSQL_OPTIONS,
)
