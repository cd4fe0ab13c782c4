"""Columns that the network service's tables have gained since the first release.

New tables need nothing here: they are made when they are missing.
"""

import sqlalchemy as sa
from alembic import op

from novalite.db.types import Json, string

revision = "0004"
down_revision = "0003"


def _added() -> dict[str, list[sa.Column]]:
    """Table -> its new columns. Those that may not be null have a value for older rows."""

    def text(name: str, length: int = 255) -> sa.Column:
        return sa.Column(name, string(length), nullable=False, server_default="")

    def boolean(name: str, default: bool) -> sa.Column:
        value = sa.true() if default else sa.false()
        return sa.Column(
            name, sa.Boolean(create_constraint=False), nullable=False, server_default=value
        )

    return {
        "network_networks": [
            sa.Column("segmentation_id", sa.Integer),
            text("dns_domain"),
            sa.Column("availability_zone_hints", Json),
            boolean("is_default", False),
            boolean("dhcp_scheduled", True),
        ],
        "network_subnets": [
            sa.Column("ipv6_ra_mode", string(16)),
            sa.Column("ipv6_address_mode", string(16)),
            sa.Column("subnetpool_id", string(36)),
            sa.Column("service_types", Json),
        ],
        "network_ports": [text("dns_domain"), sa.Column("extra_dhcp_opts", Json)],
        "network_security_group_rules": [sa.Column("remote_address_group_id", string(36))],
    }


def upgrade() -> None:
    """May be run again after it was interrupted: MariaDB commits after each statement."""
    conn = op.get_bind()
    inspector = sa.inspect(conn)
    tables = set(inspector.get_table_names())
    for table, columns in _added().items():
        if table not in tables:
            continue  # the service is not embedded here
        there = {column["name"] for column in inspector.get_columns(table)}
        for column in columns:
            if column.name not in there:
                op.add_column(table, column)
    if "network_networks" in tables:
        # zones are unique, so what is counted from them is too
        op.execute(
            "UPDATE network_networks SET segmentation_id = zone + 1 WHERE segmentation_id IS NULL"
        )
