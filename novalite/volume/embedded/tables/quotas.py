"""Limits of projects and of quota classes. Usage is counted from the resources themselves."""

import sqlalchemy as sa
from sqlalchemy import Column, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, string

quotas = Table(
    "volume_quotas",
    metadata,
    Column("project_id", string(64), primary_key=True),
    Column("resource", string(300), primary_key=True),
    Column("limit_", sa.Integer, nullable=False),
    **MYSQL_OPTIONS,
)

quota_classes = Table(
    "volume_quota_classes",
    metadata,
    Column("class_name", string(64), primary_key=True),
    Column("resource", string(300), primary_key=True),
    Column("limit_", sa.Integer, nullable=False),
    **MYSQL_OPTIONS,
)

# who counts a project's usage holds its row until the end of the transaction
quota_locks = Table(
    "volume_quota_locks",
    metadata,
    Column("project_id", string(64), primary_key=True),
    **MYSQL_OPTIONS,
)
