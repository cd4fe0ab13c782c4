"""Long work, taken up again after every accident.

``add`` writes a task in the caller's transaction; ``wake`` says that it is committed. The process
that holds the lock of the host's store runs the tasks of that host, several at a time, but never
two that hold the same id: two snapshots of one volume wait for each other. What a process had
begun when it was killed the next one begins again, since the kernel gave the lock back with it.

A handler is called with the task's row and must be repeatable. It removes the row itself, with
``finish`` in the transaction that records the outcome. When it raises, the handler's ``failed``
records that in its place, except that work which waits for a dependency is tried again.
"""

import dataclasses
import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.exception import DependencyUnavailable
from novalite.periodic import Periodic
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.tasks import tasks as T

LOG = logging.getLogger(__name__)

WORKERS = 4
PERIOD = 5.0
"""Seconds after which work is looked for that another process left or wrote."""
MOST_ATTEMPTS = 20
NEWS_SECONDS = 0.5
LOCK_NAME = ".volume-service.lock"


@dataclasses.dataclass(frozen=True, slots=True)
class Handler:
    """``run(task)`` does the work; ``failed(conn, task, error)`` records that it cannot be done."""

    run: Callable[[Row], None]
    failed: Callable[[Connection, Row, Exception], None]


class Tasks:
    """Thread-safe. ``prepare`` runs each time this process comes to own the store, before any
    task: the moment to remove what a killed process left there."""

    def __init__(self, core: Core, prepare: Callable[[], None] | None = None) -> None:
        self._core = core
        self._handlers: dict[str, Handler] = {}
        self._prepare = prepare
        self._guard = threading.Lock()
        self._running: dict[int, frozenset[str]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._lock_file: int | None = None
        self._stopping = False
        self._news = threading.Condition()
        self._periodic = Periodic("volume tasks", self._look, PERIOD)

    def handle(self, kind: str, handler: Handler) -> None:
        self._handlers[kind] = handler

    # ---- promises ----

    def add(
        self,
        conn: Connection,
        kind: str,
        resource_id: str,
        payload: Row | None = None,
        holds: Iterable[str] = (),
    ) -> None:
        """``holds``: ids beside ``resource_id`` that no other task may work on meanwhile."""
        values = {
            "kind": kind,
            "resource_id": resource_id,
            "host": self._core.host,
            "holds": sorted({resource_id, *holds}),
            "payload": payload or {},
            "attempts": 0,
            "created_at": self._core.now(),
        }
        rows.insert(conn, T, values)

    @staticmethod
    def finish(conn: Connection, task: Row) -> bool:
        """False: somebody else finished it. Part of the transaction that records the outcome."""
        return rows.delete(conn, T, T.c.id == task["id"]) > 0

    @staticmethod
    def forget(conn: Connection, resource_id: str) -> None:
        """For a resource that goes by force: nothing is to be done for it any more."""
        rows.delete(conn, T, T.c.resource_id == resource_id)

    def wake(self) -> None:
        """After the commit."""
        self._periodic.hurry()

    def note(self, task: Row, facts: Row) -> None:
        """Write down what a later attempt has to know."""
        task["payload"] = {**task["payload"], **facts}
        self._core.database.run(
            lambda conn: conn.execute(
                sa.update(T).where(T.c.id == task["id"]).values(payload=task["payload"])
            )
        )

    # ---- news from elsewhere that a task waits for ----

    def told(self) -> None:
        with self._news:
            self._news.notify_all()

    def pause(self) -> None:
        """Until there is news, but not for long. Raises DependencyUnavailable when this process
        ends: the next one waits on."""
        with self._news:
            if not self._stopping:
                self._news.wait(NEWS_SECONDS)
        if self._stopping:
            raise DependencyUnavailable(reason="the service stops")

    # ---- life ----

    def start(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="volume")
        self._periodic.start()

    def stop(self) -> None:
        """What runs is waited for; what waits stays for the next process."""
        self._stopping = True
        self.told()
        self._periodic.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    # ---- work ----

    def _look(self) -> None:
        if not self._own_store():
            return
        with self._core.database.read() as conn:
            query = sa.select(T).where(T.c.host == self._core.host).order_by(T.c.id)
            waiting = [dict(row) for row in conn.execute(query).mappings()]
        with self._guard:
            held = {each for holds in self._running.values() for each in holds}
            for task in waiting:
                wanted = frozenset(task["holds"])
                if task["id"] not in self._running and not wanted & held:
                    self._begin(task, wanted)
                # also those that wait: a later task must not overtake them
                held |= wanted

    def _begin(self, task: Row, holds: frozenset[str]) -> None:
        if self._stopping or self._pool is None:
            return
        self._running[task["id"]] = holds
        try:
            self._pool.submit(self._run, task)
        except RuntimeError:  # this process ends: the next one finds the task
            del self._running[task["id"]]

    def _run(self, task: Row) -> None:
        try:
            self._perform(task)
        except Exception:
            LOG.exception("volume task %s of %s", task["kind"], task["resource_id"])
        finally:
            with self._guard:
                del self._running[task["id"]]
            self._periodic.hurry()

    def _perform(self, task: Row) -> None:
        with self._core.database.read() as conn:
            if rows.get(conn, T, task["id"]) is None:
                return
        handler = self._handlers[task["kind"]]
        try:
            handler.run(task)
        except DependencyUnavailable as error:
            if self._stopping:
                return
            if task["attempts"] + 1 >= MOST_ATTEMPTS:
                self._give_up(handler, task, error)
                return
            LOG.warning("%s of %s waits: %s", task["kind"], task["resource_id"], error)
            self._core.database.run(
                lambda conn: conn.execute(
                    sa.update(T).where(T.c.id == task["id"]).values(attempts=T.c.attempts + 1)
                )
            )
            self._pause_before_retry(task)
        except Exception as error:
            LOG.warning("%s of %s failed", task["kind"], task["resource_id"], exc_info=error)
            self._give_up(handler, task, error)

    def _pause_before_retry(self, task: Row) -> None:
        with self._news:
            if not self._stopping:
                self._news.wait(min(0.1 * 2 ** task["attempts"], PERIOD))

    def _give_up(self, handler: Handler, task: Row, error: Exception) -> None:
        def record(conn: Connection) -> None:
            if self.finish(conn, task):
                handler.failed(conn, task, error)

        self._core.database.run(record)

    def _own_store(self) -> bool:
        """Whether this process is the one that works for the host: it holds the lock."""
        if self._lock_file is not None:
            return True
        folder = self._core.conf.embedded.volume_store
        os.makedirs(folder, mode=0o755, exist_ok=True)
        file = os.open(os.path.join(folder, LOCK_NAME), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        try:
            if self._prepare is not None:
                self._prepare()
        except BaseException:
            os.close(file)
            raise
        self._lock_file = file
        return True
