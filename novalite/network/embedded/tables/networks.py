"""Networks, subnets, ports.

An address is taken by inserting its row: the two unique constraints of ``addresses`` are what
keeps two ports from the same address, whoever writes at the same time.
"""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, boolean, string
from novalite.network.embedded.tables.common import added_boolean, common

networks = Table(
    "network_networks",
    metadata,
    *common(),
    boolean("admin_state_up", True),
    boolean("shared"),
    boolean("external"),
    boolean("port_security_enabled", True),
    Column("mtu", sa.Integer, nullable=False, default=1500),
    # the host takes part: it holds the gateways' addresses and translates what goes out
    boolean("host_access"),
    # the conntrack zone, which keeps networks with equal addresses apart; 0: the host's own
    Column("zone", sa.Integer, nullable=False),
    # the VXLAN network identifier, which joins the hosts
    Column("segmentation_id", sa.Integer),
    Column("dns_domain", string(255), nullable=False, default="", server_default=""),
    Column("availability_zone_hints", Json),
    # external networks: the one that is meant where none is named
    added_boolean("is_default", False),
    # False: an administrator took the network off the DHCP agent
    added_boolean("dhcp_scheduled", True),
    UniqueConstraint("zone", name="uq_network_networks_zone"),
    Index("uq_network_networks_segmentation_id", "segmentation_id", unique=True),
    **MYSQL_OPTIONS,
)

subnets = Table(
    "network_subnets",
    metadata,
    *common(),
    Column("network_id", string(36), ForeignKey("network_networks.id"), nullable=False, index=True),
    Column("ip_version", sa.Integer, nullable=False),
    Column("cidr", string(64), nullable=False),
    Column("gateway_ip", string(45)),
    boolean("enable_dhcp", True),
    Column("allocation_pools", Json, nullable=False),
    Column("dns_nameservers", Json, nullable=False),
    Column("host_routes", Json, nullable=False),
    # slaac, dhcpv6-stateful or dhcpv6-stateless; None: nobody advertises, or no IPv6
    Column("ipv6_ra_mode", string(16)),
    Column("ipv6_address_mode", string(16)),
    Column("subnetpool_id", string(36), index=True),
    Column("service_types", Json),
    **MYSQL_OPTIONS,
)

ports = Table(
    "network_ports",
    metadata,
    *common(),
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
    Column("dns_domain", string(255), nullable=False, default="", server_default=""),
    # [{"opt_name", "opt_value", "ip_version"}]
    Column("extra_dhcp_opts", Json),
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
