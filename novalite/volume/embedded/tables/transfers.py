"""Volumes that are offered to other projects. A row goes when it is accepted or withdrawn."""

from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, boolean, moment, string, uuid
from novalite.volume.embedded.tables.volumes import volumes

transfers = Table(
    "volume_transfers",
    metadata,
    uuid("id", primary_key=True),
    Column(
        "volume_id",
        string(36),
        ForeignKey(f"{volumes.name}.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("project_id", string(64), nullable=False, index=True),  # who offers
    Column("name", string(255)),
    Column("salt", string(64), nullable=False),
    Column("key_hash", string(128), nullable=False),
    boolean("no_snapshots"),
    Column("created_at", moment(), nullable=False),
    UniqueConstraint("volume_id", name="uq_volume_transfers_volume_id"),
    **MYSQL_OPTIONS,
)
