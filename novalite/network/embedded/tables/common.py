"""The columns that every resource has."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column

from novalite.db.types import moment, string, uuid


def common(*, named: bool = True) -> list[Column[Any]]:
    """What every resource has. ``revision`` counts changes."""
    columns: list[Column[Any]] = [
        uuid("id", primary_key=True),
        Column("project_id", string(64), nullable=False, index=True),
        Column("description", string(255), nullable=False, default=""),
        Column("revision", sa.Integer, nullable=False, default=0),
        Column("created_at", moment(), nullable=False),
        Column("updated_at", moment(), nullable=False),
    ]
    if named:
        columns.append(Column("name", string(255), nullable=False, default=""))
    return columns


def added_boolean(name: str, default: bool) -> Column[bool]:
    """One that older databases do not have yet: their rows get the default."""
    value = sa.true() if default else sa.false()
    return Column(
        name,
        sa.Boolean(create_constraint=False),
        nullable=False,
        default=default,
        server_default=value,
    )
