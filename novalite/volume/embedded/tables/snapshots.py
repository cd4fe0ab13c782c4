"""Snapshots. ``location`` names the frozen data in the backend of the volume."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, string
from novalite.volume.embedded.tables.common import common, pairs
from novalite.volume.embedded.tables.volumes import volumes

snapshots = Table(
    "volume_snapshots",
    metadata,
    *common(),
    Column("volume_id", string(36), ForeignKey(f"{volumes.name}.id"), nullable=False, index=True),
    Column("volume_size", sa.Integer, nullable=False),  # GiB, when it was taken
    Column("status", string(32), nullable=False, index=True),
    Column("progress", string(8), nullable=False, default="0%"),
    Column("volume_type_id", string(36)),
    Column("group_snapshot_id", string(36), index=True),
    Column("location", string(255)),
    Column("format", string(16), nullable=False, default="qcow2"),
    # in which order the snapshots of one volume were taken
    Column("number", sa.Integer, nullable=False, default=0),
    **MYSQL_OPTIONS,
)

snapshot_metadata = pairs("volume_snapshot_metadata", snapshots, "snapshot_id")
