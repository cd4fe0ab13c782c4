"""Groups of volumes, their types, and snapshots of all volumes of a group at once."""

from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, boolean, moment, string, uuid
from novalite.volume.embedded.tables.common import common, pairs

group_types = Table(
    "volume_group_types",
    metadata,
    uuid("id", primary_key=True),
    Column("name", string(255), nullable=False),
    Column("description", string(255)),
    boolean("is_public", True),
    Column("created_at", moment(), nullable=False),
    Column("updated_at", moment()),
    UniqueConstraint("name", name="uq_volume_group_types_name"),
    **MYSQL_OPTIONS,
)

group_specs = pairs("volume_group_type_specs", group_types, "group_type_id")

groups = Table(
    "volume_groups",
    metadata,
    *common(),
    Column(
        "group_type_id",
        string(36),
        ForeignKey("volume_group_types.id"),
        nullable=False,
        index=True,
    ),
    Column("availability_zone", string(255), nullable=False),
    Column("host", string(255)),
    Column("status", string(32), nullable=False, index=True),
    Column("replication_status", string(32)),
    Column("group_snapshot_id", string(36)),
    Column("source_group_id", string(36)),
    **MYSQL_OPTIONS,
)

# which types the volumes of a group may have
group_volume_types = Table(
    "volume_group_volume_types",
    metadata,
    Column(
        "group_id",
        string(36),
        ForeignKey("volume_groups.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("volume_type_id", string(36), primary_key=True, index=True),
    **MYSQL_OPTIONS,
)

group_snapshots = Table(
    "volume_group_snapshots",
    metadata,
    *common(),
    Column("group_id", string(36), ForeignKey("volume_groups.id"), nullable=False, index=True),
    Column("group_type_id", string(36)),
    Column("status", string(32), nullable=False, index=True),
    **MYSQL_OPTIONS,
)
