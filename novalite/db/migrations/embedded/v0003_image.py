"""Columns that the image service's tables have gained since the first release.

New tables need nothing here: they are made when they are missing.
"""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
