"""Column types and table parts that mean the same on SQLite, MariaDB and PostgreSQL.

Text compares by code point everywhere (MariaDB: utf8mb4_bin, PostgreSQL: collation "C"), so
that lists from several databases can be merged by Python's own order.
"""

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column
from sqlalchemy.dialects import mysql

from novalite.clock import SystemClock
from novalite.objects import from_json, to_json

_clock = SystemClock()

MYSQL_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}


def utcnow() -> datetime.datetime:
    """For callers that hand no time in: naive UTC."""
    return _clock.now()


def string(length: int = 255) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def text() -> sa.types.TypeEngine[str]:
    """Text up to 16 MiB."""
    return sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def moment() -> sa.types.TypeEngine[datetime.datetime]:
    """Naive UTC with microseconds."""
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


class Json(sa.types.TypeDecorator[Any]):
    """Records, dicts and lists, kept as JSON text."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(text())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return encode(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return decode(value)


def encode(value: Any) -> str | None:
    return None if value is None else to_json(value)


def decode(value: str | None) -> Any:
    return None if value is None else from_json(value)


def identity() -> Column[int]:
    return Column("id", sa.Integer, primary_key=True, autoincrement=True)


def uuid(name: str = "uuid", **kwargs: Any) -> Column[str]:
    kwargs.setdefault("nullable", False)
    return Column(name, string(36), **kwargs)


def boolean(name: str, default: bool = False) -> Column[bool]:
    return Column(name, sa.Boolean(create_constraint=False), nullable=False, default=default)


def number(name: str, default: int | None = 0) -> Column[int]:
    return Column(name, sa.Integer, nullable=default is None, default=default)


def timestamps() -> list[Column[Any]]:
    return [
        Column("created_at", moment(), nullable=False, default=utcnow),
        Column("updated_at", moment()),
    ]


def soft_delete() -> list[Column[Any]]:
    """``deleted`` is 0, or the row's id."""
    return [
        Column("deleted_at", moment()),
        Column("deleted", sa.Integer, nullable=False, default=0),
    ]
