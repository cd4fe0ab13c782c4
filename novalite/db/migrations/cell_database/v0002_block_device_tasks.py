"""What a server's host still has to do with one of its volumes."""

import sqlalchemy as sa
from alembic import op

from novalite.db.types import string

revision = "0002"
down_revision = "0001"

TABLE, COLUMN = "block_device_mapping", "task_state"
INDEX = "ix_block_device_mapping_task_state"


def upgrade() -> None:
    found = sa.inspect(op.get_bind())
    if COLUMN not in {column["name"] for column in found.get_columns(TABLE)}:
        op.add_column(TABLE, sa.Column(COLUMN, string(36)))
    if INDEX not in {index["name"] for index in found.get_indexes(TABLE)}:
        op.create_index(INDEX, TABLE, [COLUMN])
