"""Regions, services, endpoints, and which projects see which endpoints."""

from sqlalchemy import Boolean, Column, ForeignKey, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, string, text

regions = Table(
    "identity_regions",
    metadata,
    Column("id", string(255), primary_key=True),
    Column("description", text(), nullable=False),
    Column("parent_region_id", string(255)),
    Column("extra", Json()),
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
    Column("extra", Json()),
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
    Column("extra", Json()),
    **MYSQL_OPTIONS,
)

endpoint_groups = Table(
    "identity_endpoint_groups",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("name", string(255), nullable=False),
    Column("description", text()),
    Column("filters", Json(), nullable=False),
    **MYSQL_OPTIONS,
)

project_endpoints = Table(
    "identity_project_endpoints",
    metadata,
    Column("project_id", string(64), primary_key=True),
    Column("endpoint_id", string(64), ForeignKey("identity_endpoints.id"), primary_key=True),
    **MYSQL_OPTIONS,
)

project_endpoint_groups = Table(
    "identity_project_endpoint_groups",
    metadata,
    Column("project_id", string(64), primary_key=True),
    Column(
        "endpoint_group_id",
        string(64),
        ForeignKey("identity_endpoint_groups.id"),
        primary_key=True,
    ),
    **MYSQL_OPTIONS,
)
