"""Volume types, what they say to schedulers and drivers, and who may use them."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, boolean, moment, string, uuid
from novalite.volume.embedded.tables.common import pairs

volume_types = Table(
    "volume_types",
    metadata,
    uuid("id", primary_key=True),
    Column("name", string(255), nullable=False),
    Column("description", string(255)),
    boolean("is_public", True),
    # of the table volume_qos_specs, whose rows may only go when no type names them
    Column("qos_specs_id", string(36), index=True),
    Column("created_at", moment(), nullable=False),
    Column("updated_at", moment()),
    UniqueConstraint("name", name="uq_volume_types_name"),
    **MYSQL_OPTIONS,
)

extra_specs = pairs("volume_type_extra_specs", volume_types, "volume_type_id")

type_access = Table(
    "volume_type_access",
    metadata,
    Column(
        "volume_type_id",
        string(36),
        ForeignKey("volume_types.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("project_id", string(64), primary_key=True),
    **MYSQL_OPTIONS,
)

encryption_types = Table(
    "volume_encryption_types",
    metadata,
    uuid("encryption_id", primary_key=True),
    Column(
        "volume_type_id",
        string(36),
        ForeignKey("volume_types.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("provider", string(255), nullable=False),
    Column("cipher", string(255)),
    Column("key_size", sa.Integer),
    Column("control_location", string(255), nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("updated_at", moment()),
    UniqueConstraint("volume_type_id", name="uq_volume_encryption_types_volume_type_id"),
    **MYSQL_OPTIONS,
)

default_types = Table(
    "volume_default_types",
    metadata,
    Column("project_id", string(64), primary_key=True),
    Column(
        "volume_type_id",
        string(36),
        ForeignKey("volume_types.id"),
        nullable=False,
        index=True,
    ),
    **MYSQL_OPTIONS,
)
