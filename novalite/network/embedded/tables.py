"""The tables of the embedded network service.

An address is taken by inserting its row: the two unique constraints of ``addresses`` are what
keeps two ports from the same address, whoever writes at the same time.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, boolean, moment, string, uuid


def _common(*, named: bool = True) -> list[Column[Any]]:
    """What every resource has. ``revision`` counts changes."""
    columns: list[Column[Any]] = [
        uuid("id", primary_key=True),
        Column("project_id", string(64), nullable=False, index=True),
        Column("description", string(255), nullable=False, default=""),
        Column("revision", sa.Integer, nullable=False, default=0),
        Column("created_at", moment(), nullable=False),
        Column("updated_at", moment(), nullable=False),
    ]
    if named:
        columns.append(Column("name", string(255), nullable=False, default=""))
    return columns


networks = Table(
    "network_networks",
    metadata,
    *_common(),
    boolean("admin_state_up", True),
    boolean("shared"),
    boolean("external"),
    boolean("port_security_enabled", True),
    Column("mtu", sa.Integer, nullable=False, default=1500),
    # the host takes part: it holds the gateways' addresses and translates what goes out
    boolean("host_access"),
    # the conntrack zone, which keeps networks with equal addresses apart; 0: the host's own
    Column("zone", sa.Integer, nullable=False),
    UniqueConstraint("zone", name="uq_network_networks_zone"),
    **MYSQL_OPTIONS,
)

subnets = Table(
    "network_subnets",
    metadata,
    *_common(),
    Column("network_id", string(36), ForeignKey("network_networks.id"), nullable=False, index=True),
    Column("ip_version", sa.Integer, nullable=False),
    Column("cidr", string(64), nullable=False),
    Column("gateway_ip", string(45)),
    boolean("enable_dhcp", True),
    Column("allocation_pools", Json, nullable=False),
    Column("dns_nameservers", Json, nullable=False),
    Column("host_routes", Json, nullable=False),
    **MYSQL_OPTIONS,
)

ports = Table(
    "network_ports",
    metadata,
    *_common(),
    Column("network_id", string(36), ForeignKey("network_networks.id"), nullable=False),
    Column("mac_address", string(17), nullable=False),
    boolean("admin_state_up", True),
    Column("device_id", string(255), nullable=False, default="", index=True),
    Column("device_owner", string(255), nullable=False, default=""),
    Column("binding_host", string(255), nullable=False, default="", index=True),
    Column("vnic_type", string(64), nullable=False, default="normal"),
    Column("binding_profile", Json, nullable=False),
    boolean("port_security_enabled", True),
    Column("allowed_address_pairs", Json, nullable=False),
    Column("dns_name", string(255), nullable=False, default=""),
    UniqueConstraint("network_id", "mac_address", name="uq_network_ports_network_id_mac_address"),
    **MYSQL_OPTIONS,
)

addresses = Table(
    "network_addresses",
    metadata,
    Column("subnet_id", string(36), ForeignKey("network_subnets.id"), primary_key=True),
    Column("address", string(45), primary_key=True),
    Column("network_id", string(36), nullable=False),
    Column(
        "port_id",
        string(36),
        ForeignKey("network_ports.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("position", sa.Integer, nullable=False, default=0),
    UniqueConstraint("network_id", "address", name="uq_network_addresses_network_id_address"),
    **MYSQL_OPTIONS,
)

security_groups = Table(
    "network_security_groups",
    metadata,
    *_common(),
    # the project whose ``default`` group this is; unique, so that it is made once
    Column("default_of", string(64)),
    UniqueConstraint("default_of", name="uq_network_security_groups_default_of"),
    **MYSQL_OPTIONS,
)

security_group_rules = Table(
    "network_security_group_rules",
    metadata,
    *_common(named=False),
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

quotas = Table(
    "network_quotas",
    metadata,
    Column("project_id", string(64), primary_key=True),
    Column("resource", string(64), primary_key=True),
    Column("limit_", sa.Integer, nullable=False),
    **MYSQL_OPTIONS,
)
