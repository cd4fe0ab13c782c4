"""Volumes, and the two kinds of metadata that they have.

``location`` names the volume's data inside its ``backend`` (a file, a logical volume); None while
there is none. ``format`` is that of the data: qcow2 or raw.
"""

import sqlalchemy as sa
from sqlalchemy import Column, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, boolean, moment, string
from novalite.volume.embedded.tables.common import common, pairs

volumes = Table(
    "volume_volumes",
    metadata,
    *common(),
    Column("size", sa.Integer, nullable=False),  # GiB
    Column("status", string(32), nullable=False, index=True),
    # where a long task that fails, or is over, leads back to
    Column("previous_status", string(32)),
    Column("migration_status", string(32)),
    Column("replication_status", string(32)),
    Column("availability_zone", string(255), nullable=False),
    Column("host", string(255)),
    Column("volume_type_id", string(36), index=True),
    Column("snapshot_id", string(36), index=True),
    Column("source_volid", string(36)),
    Column("group_id", string(36), index=True),
    Column("encryption_key_id", string(36)),
    boolean("bootable"),
    boolean("multiattach"),
    # None: nobody said so yet, and then clients do not see it
    Column("readonly", sa.Boolean(create_constraint=False)),
    boolean("encrypted"),
    Column("launched_at", moment()),
    Column("backend", string(32), nullable=False),
    Column("location", string(255)),
    Column("format", string(16), nullable=False, default="qcow2"),
    # what only the service itself needs to know
    Column("internal", Json),
    **MYSQL_OPTIONS,
)

volume_metadata = pairs("volume_volume_metadata", volumes, "volume_id")
volume_image_metadata = pairs("volume_volume_image_metadata", volumes, "volume_id")
