"""Tables of the API database."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint

from novalite.db.types import (
    MYSQL_OPTIONS,
    NAMING,
    Json,
    boolean,
    identity,
    moment,
    number,
    string,
    text,
    timestamps,
    uuid,
)

metadata = MetaData(naming_convention=NAMING)


def _table(name: str, *parts: sa.schema.SchemaItem) -> Table:
    return Table(name, metadata, identity(), *timestamps(), *parts, **MYSQL_OPTIONS)


cell_mappings = _table(
    "cell_mappings",
    uuid(),
    Column("name", string()),
    Column("transport_url", text()),
    Column("database_connection", text()),
    boolean("disabled"),
    UniqueConstraint("uuid"),
)

host_mappings = _table(
    "host_mappings",
    Column("host", string(), nullable=False),
    Column("cell_id", ForeignKey("cell_mappings.id"), nullable=False, index=True),
    UniqueConstraint("host"),
)

instance_mappings = _table(
    "instance_mappings",
    uuid("instance_uuid"),
    Column("cell_id", ForeignKey("cell_mappings.id"), index=True),
    Column("project_id", string(), nullable=False),
    Column("user_id", string(), nullable=False),
    number("vcpus"),
    number("memory_mb"),
    boolean("queued_for_delete"),
    UniqueConstraint("instance_uuid"),
    # Covers the usage of a project: counted on each POST /servers.
    Index(
        "ix_instance_mappings_usage",
        "project_id",
        "queued_for_delete",
        "user_id",
        "vcpus",
        "memory_mb",
    ),
)

build_requests = _table(
    "build_requests",
    uuid("instance_uuid"),
    Column("project_id", string(), nullable=False),
    Column("instance", Json()),
    Column("block_device_mappings", Json()),
    Column("tags", Json()),
    Column("request_id", string()),
    Column("lease_owner", string()),
    Column("lease_expires_at", moment()),
    UniqueConstraint("instance_uuid"),
    Index("ix_build_requests_project_id_created_at", "project_id", "created_at"),
    Index("ix_build_requests_created_at", "created_at"),
    Index("ix_build_requests_request_id", "request_id"),
    Index("ix_build_requests_lease_owner_lease_expires_at", "lease_owner", "lease_expires_at"),
)

request_specs = _table(
    "request_specs",
    uuid("instance_uuid"),
    Column("spec", Json(), nullable=False),
    UniqueConstraint("instance_uuid"),
)

flavors = _table(
    "flavors",
    Column("flavorid", string(), nullable=False),
    Column("name", string(), nullable=False),
    number("memory_mb", None),
    number("vcpus", None),
    number("root_gb"),
    number("ephemeral_gb"),
    number("swap"),
    Column("rxtx_factor", sa.Double(), nullable=False, default=1.0),
    Column("vcpu_weight", sa.Integer),
    boolean("disabled"),
    boolean("is_public", True),
    Column("description", text()),
    UniqueConstraint("flavorid"),
    UniqueConstraint("name"),
)

flavor_extra_specs = _table(
    "flavor_extra_specs",
    Column("flavor_id", ForeignKey("flavors.id", ondelete="CASCADE"), nullable=False),
    Column("key", string(), nullable=False),
    Column("value", string()),
    UniqueConstraint("flavor_id", "key"),
)

flavor_projects = _table(
    "flavor_projects",
    Column("flavor_id", ForeignKey("flavors.id", ondelete="CASCADE"), nullable=False),
    Column("project_id", string(), nullable=False),
    UniqueConstraint("flavor_id", "project_id"),
)

aggregates = _table(
    "aggregates",
    uuid(),
    Column("name", string(), nullable=False),
    UniqueConstraint("uuid"),
    UniqueConstraint("name"),
)

aggregate_hosts = _table(
    "aggregate_hosts",
    Column("aggregate_id", ForeignKey("aggregates.id", ondelete="CASCADE"), nullable=False),
    Column("host", string(), nullable=False, index=True),
    UniqueConstraint("aggregate_id", "host"),
)

aggregate_metadata = _table(
    "aggregate_metadata",
    Column("aggregate_id", ForeignKey("aggregates.id", ondelete="CASCADE"), nullable=False),
    Column("key", string(), nullable=False, index=True),
    Column("value", string()),
    UniqueConstraint("aggregate_id", "key"),
)

instance_groups = _table(
    "instance_groups",
    uuid(),
    Column("user_id", string()),
    Column("project_id", string(), index=True),
    Column("name", string()),
    UniqueConstraint("uuid"),
)

instance_group_policy = _table(
    "instance_group_policy",
    Column("group_id", ForeignKey("instance_groups.id", ondelete="CASCADE"), nullable=False),
    Column("policy", string()),
    Column("rules", Json()),
    UniqueConstraint("group_id"),
)

instance_group_member = _table(
    "instance_group_member",
    Column("group_id", ForeignKey("instance_groups.id", ondelete="CASCADE"), nullable=False),
    uuid("instance_uuid", index=True),
    UniqueConstraint("group_id", "instance_uuid"),
)

key_pairs = _table(
    "key_pairs",
    Column("user_id", string(), nullable=False),
    Column("name", string(), nullable=False),
    Column("fingerprint", string()),
    Column("public_key", text()),
    Column("type", string(16), nullable=False, default="ssh"),
    UniqueConstraint("user_id", "name"),
)

quotas = _table(
    "quotas",
    Column("project_id", string(), nullable=False),
    Column("resource", string(), nullable=False),
    Column("hard_limit", sa.Integer),
    UniqueConstraint("project_id", "resource"),
)

project_user_quotas = _table(
    "project_user_quotas",
    Column("user_id", string(), nullable=False),
    Column("project_id", string(), nullable=False),
    Column("resource", string(), nullable=False),
    Column("hard_limit", sa.Integer),
    UniqueConstraint("user_id", "project_id", "resource"),
)

quota_classes = _table(
    "quota_classes",
    Column("class_name", string(), nullable=False),
    Column("resource", string(), nullable=False),
    Column("hard_limit", sa.Integer),
    UniqueConstraint("class_name", "resource"),
)

# Rows that are locked, and hold nothing: see quotas.lock.
project_locks = _table(
    "project_locks",
    Column("project_id", string(), nullable=False),
    UniqueConstraint("project_id"),
)

idempotency_keys = _table(
    "idempotency_keys",
    Column("project_id", string(), nullable=False),
    Column("idempotency_key", string(), nullable=False),
    Column("body_hash", string(64), nullable=False),
    Column("response", Json()),
    UniqueConstraint("project_id", "idempotency_key"),
    Index("ix_idempotency_keys_created_at", "created_at"),
)
