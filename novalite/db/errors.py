"""What a database complains about, in the terms of this project.

``translate`` is installed as SQLAlchemy's ``handle_error`` listener, so that an error has its
meaning already where the statement is executed, on all three databases.
"""

import logging
import re

import sqlalchemy as sa
from sqlalchemy.engine import ExceptionContext

from novalite import exception

LOG = logging.getLogger(__name__)

_MYSQL_DUPLICATE = {1022, 1062, 1586}
# 1467 is what a deadlock is called when the lock is that of the next number of a table.
_MYSQL_CONTENTION = {1205, 1213, 1020, 1467}
_MYSQL_BAD_REGEX = {1139, 3685, 3688, 3690, 3691, 3692, 3696}
_MYSQL_UNAVAILABLE = {1040, 1053, 1203, 1927, 2002, 2003, 2006, 2013, 2014, 2045, 2055, 4031}
_PG_DUPLICATE = "23505"
_PG_CONTENTION = {"40001", "40P01", "55P03"}
_PG_BAD_REGEX = "2201B"
_PG_UNAVAILABLE = ("08", "53", "57P")


class DuplicateKey(Exception):
    """A row with these unique values exists already."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def concerns(self, table: str, *columns: str) -> bool:
        """Whether the unique constraint on these columns was violated.

        SQLite names the columns; the others name the constraint, which is ``uq_table_columns``.
        """
        if f"uq_{table}_{'_'.join(columns)}" in self.detail:
            return True
        named = re.search(r"UNIQUE constraint failed: (.*)", self.detail)
        if named is None:
            return False
        wanted = [f"{table}.{column}" for column in columns]
        return [name.strip() for name in named[1].split(",")] == wanted


class Contention(exception.DatabaseUnavailable):
    """The transaction lost against another one (deadlock, serialization, lock timeout) and was
    rolled back as a whole; ``Database.run`` tries it again."""


class InvalidPattern(exception.Invalid):
    message = "The filter is not a valid regular expression: {reason}"


def translate(context: ExceptionContext) -> BaseException | None:
    """The exception to raise instead; None keeps SQLAlchemy's own."""
    original = context.original_exception
    meaning = _meaning(context, original)
    if type(meaning) is exception.DatabaseUnavailable:
        # What a client sees says nothing; whoever runs the service wants to know why.
        LOG.warning("The database is unavailable: %s", original)
    return meaning


def _meaning(context: ExceptionContext, original: BaseException | None) -> BaseException | None:
    if context.is_disconnect:
        return exception.DatabaseUnavailable()
    name = context.dialect.name
    if name == "sqlite":
        return _sqlite(original, connecting=context.connection is None)
    if name in ("mysql", "mariadb"):
        return _mysql(original, connecting=context.connection is None)
    return _postgresql(original, connecting=context.connection is None)


def _sqlite(original: BaseException | None, connecting: bool) -> BaseException | None:
    text = str(original)
    if "UNIQUE constraint failed" in text or "PRIMARY KEY must be unique" in text:
        return DuplicateKey(text)
    if "database is locked" in text or "database table is locked" in text:
        return Contention()
    if connecting or "unable to open database file" in text or "disk I/O error" in text:
        return exception.DatabaseUnavailable()
    return None


def _mysql(original: BaseException | None, connecting: bool) -> BaseException | None:
    code = original.args[0] if original is not None and original.args else None
    text = str(original.args[1]) if original is not None and len(original.args) > 1 else ""
    if code in _MYSQL_DUPLICATE:
        return DuplicateKey(text)
    if code in _MYSQL_CONTENTION:
        return Contention()
    if code in _MYSQL_BAD_REGEX:
        return InvalidPattern(reason=text)
    if connecting or code in _MYSQL_UNAVAILABLE:
        return exception.DatabaseUnavailable()
    return None


def _postgresql(original: BaseException | None, connecting: bool) -> BaseException | None:
    state = getattr(original, "sqlstate", None)
    if state == _PG_DUPLICATE:
        diagnostics = getattr(original, "diag", None)
        return DuplicateKey(getattr(diagnostics, "constraint_name", None) or str(original))
    if state in _PG_CONTENTION:
        return Contention()
    if state == _PG_BAD_REGEX:
        return InvalidPattern(reason=str(original).splitlines()[0])
    if connecting or (state is not None and state.startswith(_PG_UNAVAILABLE)):
        return exception.DatabaseUnavailable()
    return None


def install(engine: sa.Engine) -> None:
    sa.event.listen(engine, "handle_error", translate)
