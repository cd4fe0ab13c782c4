"""The tables that the embedded services declare, as of the first release.

They live in packages above this one, which register them on ``embedded.metadata``; the packages
that this process did not import get theirs when they are first synchronised.
"""

from alembic import op

from novalite.db.embedded import metadata
from novalite.db.sync import create_missing

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_missing(op.get_bind(), metadata)
