"""Tasks: what goes on after its request was answered. A row says what is to be done and how far
it is; the work is taken up again after whatever kills this process."""

import dataclasses
import datetime
import threading
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from oslo_log import log
from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import access, tables
from novalite.image.embedded.core import Core
from novalite.periodic import Periodic

LOG = log.getLogger(__name__)

Row = dict[str, Any]
Rows = list[Row]
PENDING, PROCESSING, SUCCESS, FAILURE = "pending", "processing", "success", "failure"
STATUSES = (PENDING, PROCESSING, SUCCESS, FAILURE)
OVER = (SUCCESS, FAILURE)
PERIOD = 30.0  # seconds
_columns = tables.tasks.c


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """How tasks of a type are done.

    ``work(row)`` does what takes long, any number of times, and returns the last step, which
    runs in the transaction that records the success and gives the task's result. ``undo`` runs
    in the one that records the failure. ``after(row, succeeded)`` cleans up then.
    """

    work: Callable[[Row], Callable[[Connection], Row | None]]
    undo: Callable[[Connection, Row], None]
    after: Callable[[Row, bool], None]


class Tasks:
    """``jobs``: by type. ``extra`` is other work of the service, done on the same period."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.jobs: dict[str, Job] = {}
        self.extra: list[Callable[[], object]] = []
        self._holder = str(uuid.uuid4())
        self._workers: int = core.conf.embedded.image_workers
        self._keep = datetime.timedelta(hours=core.conf.embedded.image_task_hours)
        self._running: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._periodic: Periodic | None = None

    # ---- records ----

    def add(
        self,
        conn: Connection,
        context: RequestContext,
        kind: str,
        given: Row,
        *,
        task_id: str | None = None,
        image_id: str | None = None,
    ) -> Row:
        """A pending task. Call ``hurry`` after the transaction."""
        now = self.core.now()
        row: Row = {
            "id": task_id or str(uuid.uuid4()),
            "type": kind,
            "status": PENDING,
            "owner": context.project_id or "",
            "user_id": context.user_id,
            "request_id": context.request_id,
            "image_id": image_id,
            "input": given,
            "result": None,
            "message": "",
            "holder": None,
            "expires_at": None,
            "created_at": now,
            "updated_at": now,
        }
        conn.execute(sa.insert(tables.tasks), row)
        return row

    def show(self, context: RequestContext, task_id: str) -> Row:
        """Raises NotFound."""
        with self.core.database.read() as conn:
            statement = sa.select(tables.tasks).where(_columns.id == task_id)
            row = conn.execute(self._seen(context, statement)).mappings().first()
        if row is None:
            raise exception.NotFound(f"No task found with ID {task_id}")
        return dict(row)

    def of_image(self, image_id: str) -> Rows:
        with self.core.database.read() as conn:
            statement = sa.select(tables.tasks).where(_columns.image_id == image_id)
            statement = statement.order_by(_columns.created_at, _columns.id)
            return [dict(row) for row in conn.execute(statement).mappings()]

    def list_(
        self,
        context: RequestContext,
        equal: Row,
        sort: tuple[str, str],
        limit: int,
        marker: str | None,
    ) -> Rows:
        """Raises MarkerNotFound."""
        key, rising = _columns[sort[0]], sort[1] == "asc"
        statement = self._seen(context, sa.select(tables.tasks))
        for name, value in equal.items():
            statement = statement.where(_columns[name] == value)
        with self.core.database.read() as conn:
            if marker is not None:
                there = sa.select(key).where(_columns.id == marker)
                found = conn.execute(self._seen(context, there)).first()
                if found is None:
                    raise exception.MarkerNotFound(marker=marker)
                behind = key > found[0] if rising else key < found[0]
                tie = _columns.id > marker if rising else _columns.id < marker
                statement = statement.where(sa.or_(behind, sa.and_(key == found[0], tie)))
            for column in (key, _columns.id):
                statement = statement.order_by(column.asc() if rising else column.desc())
            return [dict(row) for row in conn.execute(statement.limit(limit)).mappings()]

    @staticmethod
    def _seen(context: RequestContext, statement: "sa.Select[Any]") -> "sa.Select[Any]":
        if access.is_admin(context):
            return statement
        return statement.where(_columns.owner == context.project_id)

    # ---- life ----

    def start(self) -> None:
        self._periodic = Periodic("image tasks", self._look, PERIOD)
        self._periodic.start()

    def stop(self) -> None:
        """What runs is left as it is: its row says that it is to be done."""
        self._stopping = True
        if self._periodic is not None:
            self._periodic.stop()

    def hurry(self) -> None:
        if self._periodic is not None:
            self._periodic.hurry()

    def recover(self) -> int:
        """Take up what other processes, which are gone, worked at. How many."""
        statement = sa.update(tables.tasks).where(
            _columns.status == PROCESSING, _columns.holder != self._holder
        )
        done: int = self.core.write(
            lambda conn: conn.execute(statement.values(status=PENDING, holder=None)).rowcount
        )
        return done

    def _look(self) -> None:
        for work in self.extra:
            work()
        self._forget_old()
        while not self._stopping:
            with self._lock:
                if len(self._running) >= self._workers:
                    return
            row = self._claim()
            if row is None:
                return
            thread = threading.Thread(
                target=self._run_and_look_on, args=(row,), name="image task", daemon=True
            )
            with self._lock:
                self._running[row["id"]] = thread
            thread.start()

    def run_all(self) -> None:
        """Do all that is to be done, here and now."""
        while (row := self._claim()) is not None:
            self._run(row)

    def _run_and_look_on(self, row: Row) -> None:
        try:
            self._run(row)
        finally:
            with self._lock:
                self._running.pop(row["id"], None)
            self.hurry()

    def _claim(self) -> Row | None:
        """The oldest task that is to be done and that nobody does, made ours: a pending one, or
        one of ours whose end could not be recorded."""
        with self._lock:
            running = set(self._running)

        def work(conn: Connection) -> Row | None:
            lost = sa.and_(_columns.status == PROCESSING, _columns.holder == self._holder)
            statement = sa.select(tables.tasks).where(sa.or_(_columns.status == PENDING, lost))
            statement = statement.order_by(_columns.created_at, _columns.id)
            for row in conn.execute(statement.limit(len(running) + 1)).mappings():
                if row["id"] in running:
                    continue
                claim = sa.update(tables.tasks).where(
                    _columns.id == row["id"], _columns.status == row["status"]
                )
                values = {
                    "status": PROCESSING,
                    "holder": self._holder,
                    "updated_at": self.core.now(),
                }
                if conn.execute(claim.values(**values)).rowcount:
                    return dict(row)
            return None

        found: Row | None = self.core.write(work)
        return found

    def _run(self, row: Row) -> None:
        job = self.jobs[row["type"]]
        try:
            last = job.work(row)
            self.core.write(lambda conn: self._end(conn, row, SUCCESS, last(conn), ""))
        except exception.NovaliteError as e:
            self._fail(job, row, str(e))
        except Exception:
            LOG.exception("Task %s of type %s failed", row["id"], row["type"])
            self._fail(job, row, "The service failed at it; its log says more.")
        else:
            job.after(row, True)

    def _fail(self, job: Job, row: Row, message: str) -> None:
        LOG.info("Task %s of type %s failed: %s", row["id"], row["type"], message)

        def work(conn: Connection) -> None:
            job.undo(conn, row)
            self._end(conn, row, FAILURE, None, message)

        self.core.write(work)
        job.after(row, False)

    def _end(
        self, conn: Connection, row: Row, status: str, result: Row | None, message: str
    ) -> None:
        now = self.core.now()
        values = {"status": status, "result": result, "message": message, "holder": None}
        statement = sa.update(tables.tasks).where(_columns.id == row["id"])
        conn.execute(statement.values(**values, updated_at=now, expires_at=now + self._keep))

    def _forget_old(self) -> None:
        old = sa.delete(tables.tasks).where(_columns.expires_at < self.core.now())
        self.core.write(lambda conn: conn.execute(old))
