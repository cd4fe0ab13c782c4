"""Work that was promised and is not done yet.

A row is written in the transaction that makes the promise (a volume that is ``creating``) and
removed in the one that records the outcome: a service that was killed in between finds it again.
"""

import sqlalchemy as sa
from sqlalchemy import Column, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, moment, string

tasks = Table(
    "volume_tasks",
    metadata,
    Column("id", sa.Integer, primary_key=True, autoincrement=True),
    Column("kind", string(64), nullable=False),
    Column("resource_id", string(36), nullable=False, index=True),
    Column("host", string(255), nullable=False, index=True),
    # ids of what no two tasks may work on at a time
    Column("holds", Json, nullable=False),
    Column("payload", Json, nullable=False),
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("created_at", moment(), nullable=False),
    **MYSQL_OPTIONS,
)
