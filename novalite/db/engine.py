"""One database: its connections, transactions and errors, the same on SQLite, MariaDB and
PostgreSQL.

    with database.read() as conn: ...     # reading; never commits
    with database.write() as conn: ...    # one transaction; commits at the end
    database.run(fn)                      # fn(conn) in write(), again after a lost deadlock

SQLite: WAL, and every writing transaction starts with BEGIN IMMEDIATE under one lock per file
and process, because a transaction that turns from reading to writing fails at once instead of
waiting. MariaDB and PostgreSQL run at READ COMMITTED.
"""

import contextlib
import logging
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.errors import Contention, DuplicateKey, InvalidPattern, install
from novalite.db.locks import FairLock

__all__ = ["Contention", "Counter", "Database", "DuplicateKey", "InvalidPattern", "normalise"]

LOG = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 8
IDLE_BEFORE_PING = 5.0
_WRITE = "novalite_write"
_BEGIN = "BEGIN"

_locks: dict[str, FairLock] = {}
_locks_guard = threading.Lock()


def _lock_of(path: str) -> FairLock:
    """One lock per file and process: it guards the file, whoever opened it."""
    with _locks_guard:
        return _locks.setdefault(path, FairLock())


def normalise(url: str) -> sa.URL:
    """The URL with its driver named. Raises ValueError for what cannot work here."""
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("an SQLite database needs a file: its connections share nothing else")
        return parsed.set(database=os.path.abspath(parsed.database))
    if backend in ("mysql", "mariadb"):
        parsed = parsed.set(drivername="mysql+pymysql")
        return (
            parsed
            if "charset" in parsed.query
            else parsed.update_query_dict({"charset": "utf8mb4"})
        )
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError(f"unsupported database: {backend}")


class Counter:
    """Statements that a database executed, BEGIN and COMMIT aside."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    @property
    def count(self) -> int:
        return len(self.statements)


class Database:
    """``url`` is an SQLAlchemy URL; nothing is opened before the first use.

    Errors: exception.DatabaseUnavailable (no connection), DuplicateKey (unique constraint),
    Contention (lost against another transaction), InvalidPattern (bad regular expression).
    """

    def __init__(
        self, url: str, *, max_pool_size: int = 16, max_overflow: int = 40, recycle: int = 3600
    ) -> None:
        self.url = normalise(url)
        backend = self.url.get_backend_name()
        self.dialect = "mysql" if backend == "mariadb" else backend
        self._local = threading.local()
        self._lock: FairLock | None = None
        options: dict[str, Any] = {
            "pool_size": max_pool_size,
            "max_overflow": max_overflow,
            "pool_recycle": recycle,
            "pool_timeout": 30,
        }
        options.update(getattr(self, f"_{self.dialect}_options")())
        # A failed statement is logged, and its parameters may be a password or user data.
        self.engine = sa.create_engine(self.url, hide_parameters=True, **options)
        install(self.engine)
        self._driver_error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        self._reader = self.engine
        self._writer = self.engine.execution_options(**{_WRITE: True})
        if self.dialect == "sqlite":
            self._lock = _lock_of(str(self.url.database))
            sa.event.listen(self.engine, "connect", _sqlite_connected)
            sa.event.listen(self.engine, "begin", _sqlite_begin)
        else:
            sa.event.listen(self.engine, "checkin", _remember_use)
            sa.event.listen(self.engine, "checkout", _ping_if_idle)
        if self.dialect == "mysql":
            sa.event.listen(self.engine, "do_connect", _mysql_connect)
        if self.dialect == "postgresql":
            sa.event.listen(self.engine, "connect", _postgresql_connected)
            # A reader at READ COMMITTED gains nothing from BEGIN and ROLLBACK round trips.
            self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def __repr__(self) -> str:
        return f"<Database {self.url.render_as_string(hide_password=True)}>"

    # ---- transactions ----

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading. On SQLite all statements see one snapshot; on the others each
        sees what is committed when it runs."""
        with self._connect(self._reader) as conn:
            yield conn

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing transaction: committed at the end, rolled back on any exception.

        Raises RuntimeError when this thread is in a write() of this database already: the inner
        one would wait for the outer one for ever.
        """
        if getattr(self._local, "writing", False):
            raise RuntimeError(f"nested write() on {self!r}: hand the connection on instead")
        self._local.writing = True
        try:
            with self._lock or contextlib.nullcontext(), self._connect(self._writer) as conn:
                try:
                    conn.begin()
                except sqlite3.OperationalError as exc:
                    raise Contention() from exc
                if self.dialect == "mysql":
                    conn.exec_driver_sql(_BEGIN)  # see mariadb.py
                yield conn
                conn.commit()
        finally:
            self._local.writing = False

    def run(self, fn: Callable[[Connection], T]) -> T:
        """``fn(conn)`` in write(). Tried again, with growing pauses, when the transaction lost
        against another one, and once when the connection broke before the commit was sent."""
        reconnected = False
        for attempt in range(1, ATTEMPTS + 1):
            sent = False
            try:
                with self.write() as conn:
                    result = fn(conn)
                    sent = True
                return result
            except Contention:
                if attempt == ATTEMPTS:
                    raise
            except exception.DatabaseUnavailable:
                if sent or reconnected or attempt == ATTEMPTS:
                    raise
                reconnected = True
            time.sleep(random.uniform(0.002, 0.01) * 2**attempt)
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def _connect(self, engine: sa.Engine) -> Iterator[Connection]:
        try:
            conn = engine.connect()
        except (sa.exc.TimeoutError, self._driver_error) as exc:
            # The driver's own errors come from what is said to each new connection.
            LOG.warning("%r does not give a connection: %s", self, exc)
            raise exception.DatabaseUnavailable() from exc
        try:
            yield conn
        finally:
            conn.close()

    def dispose(self) -> None:
        self.engine.dispose()

    @contextlib.contextmanager
    def counting(self) -> Iterator[Counter]:
        """Count the statements of all threads while it lasts."""
        counter = Counter()

        def seen(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if statement != _BEGIN:
                counter.statements.append(statement)

        sa.event.listen(self.engine, "before_cursor_execute", seen)
        try:
            yield counter
        finally:
            sa.event.remove(self.engine, "before_cursor_execute", seen)

    # ---- per dialect ----

    @staticmethod
    def _sqlite_options() -> dict[str, Any]:
        return {"connect_args": {"timeout": 30, "check_same_thread": False}}

    def _mysql_options(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "init_command": "SET SESSION sql_mode = 'TRADITIONAL', time_zone = '+00:00'"
        }
        if "connect_timeout" not in self.url.query:
            arguments["connect_timeout"] = 10
        return {"connect_args": arguments}

    def _postgresql_options(self) -> dict[str, Any]:
        timeout = {} if "connect_timeout" in self.url.query else {"connect_timeout": 10}
        return {"isolation_level": "READ COMMITTED", "connect_args": timeout}


def _sqlite_connected(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 30000")
    _into_wal(connection)
    for pragma in (
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _into_wal(connection: Any) -> None:
    """SQLite does not wait for its lock here: of several processes that open a new file at once,
    all but one are refused."""
    deadline = time.monotonic() + 30
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.005, 0.02))


def _sqlite_begin(conn: Connection) -> None:
    writing = conn.get_execution_options().get(_WRITE)
    raw = conn.connection.dbapi_connection
    assert raw is not None
    raw.cursor().execute("BEGIN IMMEDIATE" if writing else "BEGIN")


def _mysql_connect(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> Any:
    from novalite.db.mariadb import FrugalConnection

    connection = FrugalConnection(*arguments, **options)
    # Not by SQLAlchemy's isolation_level, which would switch autocommit off again.
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    return connection


def _postgresql_connected(connection: Any, record: Any) -> None:
    """Without just-in-time compilation: for our short queries over many columns it takes
    seconds where the query takes a millisecond, whenever the planner overestimates the rows."""
    connection.autocommit = True
    connection.execute("SET jit = off")
    connection.autocommit = False


def _remember_use(connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _ping_if_idle(connection: Any, record: Any, proxy: Any) -> None:
    """A connection that lay idle may be dead: better a round trip than a failed request."""
    used = record.info.get("used")
    if used is None or time.monotonic() - used < IDLE_BEFORE_PING:
        return
    try:
        if hasattr(connection, "ping"):
            connection.ping(reconnect=False)
        else:
            connection.execute("SELECT 1")
            connection.rollback()
    except Exception as exc:
        raise sa.exc.DisconnectionError() from exc
