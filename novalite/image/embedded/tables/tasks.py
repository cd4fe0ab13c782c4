"""Work that goes on after its request was answered, and what became of it."""

from sqlalchemy import Column, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, moment, string, text

tasks = Table(
    "image_tasks",
    metadata,
    Column("id", string(36), primary_key=True),
    Column("type", string(30), nullable=False),
    Column("status", string(30), nullable=False, index=True),
    Column("owner", string(255), nullable=False, index=True),
    Column("user_id", string(64)),
    Column("request_id", string(64)),
    Column("image_id", string(36), index=True),
    Column("input", Json(), nullable=False),
    Column("result", Json()),
    Column("message", text()),
    Column("holder", string(64)),  # the process that works at it
    Column("expires_at", moment()),  # once it is over
    Column("created_at", moment(), nullable=False, index=True),
    Column("updated_at", moment(), nullable=False),
    **MYSQL_OPTIONS,
)
