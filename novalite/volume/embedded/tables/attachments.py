"""Attachments: who may use a volume, through which host, and how it is reached from there."""

from sqlalchemy import Column, ForeignKey, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, moment, string, uuid
from novalite.volume.embedded.tables.volumes import volumes

attachments = Table(
    "volume_attachments",
    metadata,
    uuid("id", primary_key=True),
    Column("volume_id", string(36), ForeignKey(f"{volumes.name}.id"), nullable=False, index=True),
    Column("project_id", string(64), nullable=False, index=True),
    # None: attached to a host by hand (os-attach with a host name)
    Column("instance_uuid", string(36), index=True),
    Column("attached_host", string(255)),
    Column("mountpoint", string(255)),
    Column("attach_status", string(32), nullable=False),
    Column("attach_mode", string(36)),
    Column("attach_time", moment()),
    Column("detach_time", moment()),
    Column("connector", Json),
    Column("connection_info", Json),
    Column("created_at", moment(), nullable=False),
    Column("updated_at", moment()),
    **MYSQL_OPTIONS,
)
