"""The services of this cloud's storage, and what they have to tell users."""

from sqlalchemy import Column, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, boolean, moment, string, uuid

services = Table(
    "volume_services",
    metadata,
    Column("host", string(255), primary_key=True),
    Column("binary", string(64), primary_key=True),
    boolean("disabled"),
    Column("disabled_reason", string(255)),
    boolean("frozen"),
    Column("created_at", moment(), nullable=False),
    # the last sign of life
    Column("seen_at", moment(), nullable=False),
    **MYSQL_OPTIONS,
)

messages = Table(
    "volume_messages",
    metadata,
    uuid("id", primary_key=True),
    Column("project_id", string(64), nullable=False, index=True),
    Column("request_id", string(255)),
    Column("resource_type", string(36)),
    Column("resource_uuid", string(36), index=True),
    Column("action_id", string(10), nullable=False),
    Column("detail_id", string(10), nullable=False),
    Column("message_level", string(36), nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("expires_at", moment(), nullable=False, index=True),
    **MYSQL_OPTIONS,
)
