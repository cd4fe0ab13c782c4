"""Columns that the identity service's tables have gained since the first release.

New tables need nothing here: they are made when they are missing.
"""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    pass
