"""A row per project, to be locked while its usage is counted and added to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, MetaData, Table, UniqueConstraint

from novalite.db.sync import create_missing
from novalite.db.types import MYSQL_OPTIONS, NAMING, identity, string, timestamps

revision = "0002"
down_revision = "0001"

metadata = MetaData(naming_convention=NAMING)


def _table(name: str, *parts: sa.schema.SchemaItem) -> Table:
    return Table(name, metadata, identity(), *timestamps(), *parts, **MYSQL_OPTIONS)


_table(
    "project_locks",
    Column("project_id", string(), nullable=False),
    UniqueConstraint("project_id"),
)


def upgrade() -> None:
    create_missing(op.get_bind(), metadata)
