"""Images, what belongs to them, and where their data lie."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, moment, string, text


def _of_image() -> "Column[str]":
    return Column("image_id", string(36), ForeignKey("images.id"), primary_key=True)


images = Table(
    "images",
    metadata,
    Column("id", string(36), primary_key=True),
    Column("name", string(255), index=True),
    Column("owner", string(255), index=True),
    Column("status", string(16), nullable=False),
    Column("visibility", string(16), nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("os_hidden", Boolean, nullable=False),
    Column("disk_format", string(20)),
    Column("container_format", string(20)),
    Column("size", BigInteger),
    Column("virtual_size", BigInteger),
    Column("checksum", string(32)),  # md5
    Column("os_hash_algo", string(16)),
    Column("os_hash_value", string(128)),
    Column("min_disk", Integer, nullable=False),
    Column("min_ram", Integer, nullable=False),
    Column("created_at", moment(), nullable=False, index=True),
    Column("updated_at", moment(), nullable=False),
    **MYSQL_OPTIONS,
)

properties = Table(
    "image_properties",
    metadata,
    _of_image(),
    Column("name", string(255), primary_key=True),
    Column("value", text(), nullable=False),
    **MYSQL_OPTIONS,
)

tags = Table(
    "image_tags",
    metadata,
    _of_image(),
    Column("tag", string(255), primary_key=True),
    **MYSQL_OPTIONS,
)

members = Table(
    "image_members",
    metadata,
    _of_image(),
    Column("member_id", string(255), primary_key=True, index=True),
    Column("status", string(16), nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("updated_at", moment(), nullable=False),
    **MYSQL_OPTIONS,
)

# Where an image's data are: a store of this service, or ("web") a URL. An active
# image has a row here for each place of its data.
locations = Table(
    "image_locations",
    metadata,
    Column("id", string(36), primary_key=True),
    Column("image_id", string(36), ForeignKey("images.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("store", string(64), nullable=False),
    Column("url", text()),
    Column("metadata", Json(), nullable=False),
    **MYSQL_OPTIONS,
)
