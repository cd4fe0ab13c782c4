"""Columns that the network service's tables have gained since the first release.

New tables need nothing here: they are made when they are missing.
"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
