"""Backups. Their data is in the directory of backups."""

import sqlalchemy as sa
from sqlalchemy import Column, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, moment, string
from novalite.volume.embedded.tables.common import common, pairs

backups = Table(
    "volume_backups",
    metadata,
    *common(),
    # of a volume that may be gone
    Column("volume_id", string(36), nullable=False, index=True),
    Column("snapshot_id", string(36)),
    Column("parent_id", string(36), index=True),
    Column("size", sa.Integer, nullable=False),  # GiB of the volume
    Column("status", string(32), nullable=False, index=True),
    Column("fail_reason", string(255)),
    Column("container", string(255)),
    Column("object_count", sa.Integer, nullable=False, default=0),
    Column("availability_zone", string(255), nullable=False),
    Column("host", string(255)),
    Column("service", string(255), nullable=False),
    Column("data_timestamp", moment()),
    Column("restore_volume_id", string(36)),
    # of the volume when the backup began, to go back to; None: it was left alone
    Column("previous_status", string(32)),
    # the directory of the data, below the store's; a backup and its import share one
    Column("location", string(255)),
    # what the volume was beside its data: see ``backups.facts_of``
    Column("facts", Json, nullable=False),
    **MYSQL_OPTIONS,
)

backup_metadata = pairs("volume_backup_metadata", backups, "backup_id")
