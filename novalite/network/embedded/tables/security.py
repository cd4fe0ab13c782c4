"""Security groups, their rules, and groups of addresses that rules may name."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, string
from novalite.network.embedded.tables.common import common

security_groups = Table(
    "network_security_groups",
    metadata,
    *common(),
    # the project whose ``default`` group this is; unique, so that it is made once
    Column("default_of", string(64)),
    UniqueConstraint("default_of", name="uq_network_security_groups_default_of"),
    **MYSQL_OPTIONS,
)

security_group_rules = Table(
    "network_security_group_rules",
    metadata,
    *common(named=False),
    Column(
        "security_group_id",
        string(36),
        ForeignKey("network_security_groups.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("direction", string(7), nullable=False),
    Column("ethertype", string(4), nullable=False),
    Column("protocol", string(40)),
    Column("port_range_min", sa.Integer),
    Column("port_range_max", sa.Integer),
    Column("remote_ip_prefix", string(64)),
    Column("remote_group_id", string(36), index=True),
    Column("remote_address_group_id", string(36), index=True),
    **MYSQL_OPTIONS,
)

address_groups = Table(
    "network_address_groups",
    metadata,
    *common(),
    # CIDRs as text
    Column("addresses", Json, nullable=False),
    **MYSQL_OPTIONS,
)

port_security_groups = Table(
    "network_port_security_groups",
    metadata,
    Column(
        "port_id",
        string(36),
        ForeignKey("network_ports.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "security_group_id",
        string(36),
        ForeignKey("network_security_groups.id"),
        primary_key=True,
        index=True,
    ),
    **MYSQL_OPTIONS,
)
