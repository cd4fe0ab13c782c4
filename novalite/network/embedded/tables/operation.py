"""What surrounds the resources: quotas, tags, agents, who else may use what."""

import sqlalchemy as sa
from sqlalchemy import Column, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, boolean, moment, string, uuid
from novalite.network.embedded.tables.common import common

quotas = Table(
    "network_quotas",
    metadata,
    Column("project_id", string(64), primary_key=True),
    Column("resource", string(64), primary_key=True),
    Column("limit_", sa.Integer, nullable=False),
    **MYSQL_OPTIONS,
)

tags = Table(
    "network_tags",
    metadata,
    # of any resource: identifiers are unique over all of them
    Column("resource_id", string(36), primary_key=True),
    Column("tag", string(255), primary_key=True, index=True),
    **MYSQL_OPTIONS,
)

agents = Table(
    "network_agents",
    metadata,
    uuid("id", primary_key=True),
    Column("agent_type", string(64), nullable=False),
    Column("binary", string(64), nullable=False),
    Column("host", string(255), nullable=False),
    boolean("admin_state_up", True),
    Column("description", string(255), nullable=False, default=""),
    Column("configurations", Json, nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("started_at", moment(), nullable=False),
    Column("heartbeat_at", moment(), nullable=False),
    UniqueConstraint("agent_type", "host", name="uq_network_agents_agent_type_host"),
    **MYSQL_OPTIONS,
)

rbac_policies = Table(
    "network_rbac_policies",
    metadata,
    *common(named=False),
    Column("object_type", string(32), nullable=False),
    Column("object_id", string(36), nullable=False, index=True),
    # access_as_shared, access_as_external
    Column("action", string(32), nullable=False),
    # a project, or * for all
    Column("target_project", string(64), nullable=False, index=True),
    UniqueConstraint(
        "object_id", "action", "target_project", name="uq_network_rbac_policies_object_id_action"
    ),
    **MYSQL_OPTIONS,
)

auto_allocated_topologies = Table(
    "network_auto_allocated_topologies",
    metadata,
    Column("project_id", string(64), primary_key=True),
    Column("network_id", string(36), nullable=False),
    Column("router_id", string(36), nullable=False),
    **MYSQL_OPTIONS,
)
