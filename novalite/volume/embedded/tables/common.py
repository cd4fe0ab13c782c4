"""What the tables of the volume service have in common."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, moment, string, text, uuid


def common() -> list[Column[Any]]:
    """What every resource has. ``revision`` counts changes, for compare-and-swap by number."""
    return [
        uuid("id", primary_key=True),
        Column("project_id", string(64), nullable=False, index=True),
        Column("user_id", string(64), nullable=False, default=""),
        Column("name", string(255)),
        Column("description", string(255)),
        Column("revision", sa.Integer, nullable=False, default=0),
        Column("created_at", moment(), nullable=False),
        Column("updated_at", moment()),
    ]


def pairs(name: str, owner: Table, owner_id: str) -> Table:
    """A table of keys and values that belong to a row of ``owner`` and go with it."""
    return Table(
        name,
        metadata,
        Column("id", sa.Integer, primary_key=True, autoincrement=True),
        Column(
            owner_id,
            string(36),
            ForeignKey(f"{owner.name}.id", ondelete="CASCADE"),
            nullable=False,
        ),
        Column("key", string(255), nullable=False),
        Column("value", text(), nullable=False),
        UniqueConstraint(owner_id, "key", name=f"uq_{name}_{owner_id}_key"),
        **MYSQL_OPTIONS,
    )
