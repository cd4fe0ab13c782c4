"""Metadata definitions: what properties mean, for the clients that offer them to people."""

from sqlalchemy import Boolean, Column, ForeignKey, Table

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, moment, string, text


def _of_namespace() -> "Column[str]":
    return Column("namespace_id", string(36), ForeignKey("metadef_namespaces.id"), primary_key=True)


def _times() -> "list[Column[object]]":
    return [
        Column("created_at", moment(), nullable=False),
        Column("updated_at", moment(), nullable=False),
    ]


metadef_namespaces = Table(
    "metadef_namespaces",
    metadata,
    Column("id", string(36), primary_key=True),
    Column("namespace", string(80), nullable=False, unique=True),
    Column("display_name", string(80)),
    Column("description", text()),
    Column("visibility", string(32), nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("owner", string(255), nullable=False),
    *_times(),
    **MYSQL_OPTIONS,
)

metadef_objects = Table(
    "metadef_objects",
    metadata,
    _of_namespace(),
    Column("name", string(80), primary_key=True),
    Column("description", text()),
    Column("required", Json()),
    Column("properties", Json()),
    *_times(),
    **MYSQL_OPTIONS,
)

metadef_properties = Table(
    "metadef_properties",
    metadata,
    _of_namespace(),
    Column("name", string(80), primary_key=True),
    Column("schema", Json(), nullable=False),
    *_times(),
    **MYSQL_OPTIONS,
)

metadef_tags = Table(
    "metadef_tags",
    metadata,
    _of_namespace(),
    Column("name", string(80), primary_key=True),
    *_times(),
    **MYSQL_OPTIONS,
)

metadef_resource_types = Table(
    "metadef_resource_types",
    metadata,
    Column("name", string(80), primary_key=True),
    Column("protected", Boolean, nullable=False),
    *_times(),
    **MYSQL_OPTIONS,
)

# To which resource types a namespace's properties apply.
metadef_targets = Table(
    "metadef_namespace_resource_types",
    metadata,
    _of_namespace(),
    Column("resource_type", string(80), primary_key=True),
    Column("prefix", string(80)),
    Column("properties_target", string(80)),
    *_times(),
    **MYSQL_OPTIONS,
)
