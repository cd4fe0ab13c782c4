"""QoS specs, which volume types refer to."""

from sqlalchemy import Column, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, moment, string, uuid
from novalite.volume.embedded.tables.common import pairs

qos_specs = Table(
    "volume_qos_specs",
    metadata,
    uuid("id", primary_key=True),
    Column("name", string(255), nullable=False),
    Column("consumer", string(32), nullable=False),
    Column("created_at", moment(), nullable=False),
    Column("updated_at", moment()),
    UniqueConstraint("name", name="uq_volume_qos_specs_name"),
    **MYSQL_OPTIONS,
)

qos_values = pairs("volume_qos_values", qos_specs, "qos_specs_id")
