"""Images that an administrator wants, or has, on this host's disk."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, moment, string

cached_images = Table(
    "image_cache",
    metadata,
    Column("image_id", string(36), ForeignKey("images.id"), primary_key=True),
    Column("status", string(16), nullable=False),  # queued, cached
    Column("size", BigInteger, nullable=False),
    Column("hits", Integer, nullable=False),
    Column("last_accessed", moment()),
    Column("last_modified", moment(), nullable=False),
    **MYSQL_OPTIONS,
)
