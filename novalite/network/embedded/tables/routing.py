"""Routers, floating addresses, and the pools that subnets' ranges may come from.

A router's interfaces are rows of ``ports`` with its id as ``device_id`` and the ``device_owner``
network:router_interface or network:router_gateway; a floating address is held by a port of
network:floatingip.
"""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, boolean, string
from novalite.network.embedded.tables.common import common

routers = Table(
    "network_routers",
    metadata,
    *common(),
    boolean("admin_state_up", True),
    boolean("enable_snat", True),
    Column("gateway_network_id", string(36), ForeignKey("network_networks.id"), index=True),
    Column("gateway_port_id", string(36), ForeignKey("network_ports.id", ondelete="SET NULL")),
    # [{"destination", "nexthop"}]
    Column("routes", Json, nullable=False),
    Column("availability_zone_hints", Json, nullable=False),
    **MYSQL_OPTIONS,
)

floating_ips = Table(
    "network_floating_ips",
    metadata,
    *common(named=False),
    Column(
        "floating_network_id",
        string(36),
        ForeignKey("network_networks.id"),
        nullable=False,
        index=True,
    ),
    Column("floating_ip_address", string(45), nullable=False, index=True),
    Column("floating_port_id", string(36), ForeignKey("network_ports.id"), nullable=False),
    # the port that it leads to; the three are None together, whoever takes the port away
    Column(
        "fixed_port_id",
        string(36),
        ForeignKey("network_ports.id", ondelete="SET NULL"),
        index=True,
    ),
    Column("fixed_ip_address", string(45)),
    Column("router_id", string(36), ForeignKey("network_routers.id", ondelete="SET NULL")),
    # ACTIVE or DOWN
    Column("status", string(16), nullable=False),
    Column("dns_name", string(255), nullable=False, default=""),
    Column("dns_domain", string(255), nullable=False, default=""),
    # one floating address for each fixed one
    Index(
        "uq_network_floating_ips_fixed_port_id_fixed_ip_address",
        "fixed_port_id",
        "fixed_ip_address",
        unique=True,
    ),
    **MYSQL_OPTIONS,
)

address_scopes = Table(
    "network_address_scopes",
    metadata,
    *common(),
    Column("ip_version", sa.Integer, nullable=False),
    boolean("shared"),
    **MYSQL_OPTIONS,
)

subnetpools = Table(
    "network_subnetpools",
    metadata,
    *common(),
    Column("ip_version", sa.Integer, nullable=False),
    Column("prefixes", Json, nullable=False),
    Column("min_prefixlen", sa.Integer, nullable=False),
    Column("max_prefixlen", sa.Integer, nullable=False),
    Column("default_prefixlen", sa.Integer, nullable=False),
    # IPv4: addresses, IPv6: /64s, of one project
    Column("default_quota", sa.BigInteger),
    Column("address_scope_id", string(36), index=True),
    boolean("shared"),
    boolean("is_default"),
    **MYSQL_OPTIONS,
)
