"""Who does the tasks: a bounded number of threads, which take up again what was interrupted."""

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
from novalite.image.embedded import tables
from novalite.image.embedded.core import Core
from novalite.image.embedded.tasks import FAILURE, PENDING, PROCESSING, SUCCESS, Job, Tasks
from novalite.periodic import Periodic

LOG = log.getLogger(__name__)

Row = dict[str, Any]
PERIOD = 30.0  # seconds
_columns = tables.tasks.c


@dataclasses.dataclass(frozen=True, slots=True)
class Chore:
    """Other work of the service, done by a thread while ``pending`` says that there is some."""

    name: str
    pending: Callable[[], bool]
    work: Callable[[], None]


class Workers:
    """Threads come with the work and go with it. A task whose process is gone is done again by
    the next one; so is one whose end could not be written down."""

    def __init__(self, core: Core, tasks: Tasks, chores: list[Chore]) -> None:
        self.core = core
        self.tasks = tasks
        self.chores = chores
        self._holder = str(uuid.uuid4())
        self._most: int = core.conf.embedded.image_workers
        self._keep = datetime.timedelta(hours=core.conf.embedded.image_task_hours)
        self._running: set[str] = set()  # ids of tasks, names of chores
        self._lock = threading.Lock()
        self._stopping = False
        self._periodic = Periodic("image tasks", self._look, PERIOD)

    # ---- life ----

    def start(self) -> None:
        self._periodic.start()
        self.tasks.hurry = self._periodic.hurry

    def stop(self) -> None:
        """What runs is left as it is: its row says that it is to be done."""
        self._stopping = True
        self._periodic.stop()

    def recover(self) -> int:
        """Take up what other processes, which are gone, worked at. How many."""
        statement = sa.update(tables.tasks).where(
            _columns.status == PROCESSING, _columns.holder != self._holder
        )
        done: int = self.core.write(
            lambda conn: conn.execute(statement.values(status=PENDING, holder=None)).rowcount
        )
        return done

    def run_all(self) -> None:
        """Do all that is to be done, here and now."""
        while (row := self._claim()) is not None:
            self._run(row)
        for chore in self.chores:
            chore.work()

    # ---- looking for work ----

    def _look(self) -> None:
        self._forget_old()
        while not self._stopping and self._free():
            row = self._claim()
            if row is None:
                break
            self._spawn(row["id"], self._run, row)
        for chore in self.chores:
            if chore.name not in self._running and chore.pending():
                self._spawn(chore.name, chore.work)

    def _free(self) -> bool:
        with self._lock:
            return len(self._running) < self._most

    def _spawn(self, name: str, work: Callable[..., None], *arguments: Any) -> None:
        def run() -> None:
            try:
                work(*arguments)
            except Exception:
                LOG.exception("%s was not finished and will be tried again", name)
                again = False
            else:
                again = True
            with self._lock:
                self._running.discard(name)
            if again:
                self._periodic.hurry()

        with self._lock:
            self._running.add(name)
        threading.Thread(target=run, name=f"image {name}", daemon=True).start()

    def _claim(self) -> Row | None:
        """The oldest task that is to be done and that nobody does, made ours: a pending one, or
        one of ours whose end could not be recorded."""
        with self._lock:
            running = set(self._running)
        lost = sa.and_(_columns.status == PROCESSING, _columns.holder == self._holder)
        statement = sa.select(tables.tasks).where(sa.or_(_columns.status == PENDING, lost))
        statement = statement.order_by(_columns.created_at, _columns.id).limit(len(running) + 1)
        with self.core.database.read() as conn:
            rows = [dict(row) for row in conn.execute(statement).mappings()]
        for row in rows:
            if row["id"] not in running and self.core.write(lambda conn: self._take(conn, row)):  # noqa: B023
                return row
        return None

    def _take(self, conn: Connection, row: Row) -> bool:
        claim = sa.update(tables.tasks).where(
            _columns.id == row["id"], _columns.status == row["status"]
        )
        values = {"status": PROCESSING, "holder": self._holder, "updated_at": self.core.now()}
        return bool(conn.execute(claim.values(values)).rowcount)

    def _forget_old(self) -> None:
        old = _columns.expires_at < self.core.now()
        with self.core.database.read() as conn:
            if conn.execute(sa.select(_columns.id).where(old).limit(1)).first() is None:
                return
        self.core.write(lambda conn: conn.execute(sa.delete(tables.tasks).where(old)))

    # ---- one task ----

    def _run(self, row: Row) -> None:
        job = self.tasks.jobs[row["type"]]
        try:
            last = job.work(row)
            self.core.write(lambda conn: self._end(conn, row, SUCCESS, last(conn), ""))
        except Exception as e:
            if self._stopping:
                return  # the next process finds it where it was
            self._fail(job, row, e)
        else:
            job.after(row, True)

    def _fail(self, job: Job, row: Row, error: Exception) -> None:
        message = "The service failed at it; its log says more."
        if isinstance(error, exception.NovaliteError):
            message = str(error)
            LOG.info("Task %s of type %s failed: %s", row["id"], row["type"], message)
        else:
            LOG.error("Task %s of type %s failed", row["id"], row["type"], exc_info=error)

        def work(conn: Connection) -> None:
            job.undo(conn, row)
            self._end(conn, row, FAILURE, None, message)

        self.core.write(work)
        job.after(row, False)

    def _end(
        self, conn: Connection, row: Row, status: str, result: Row | None, message: str
    ) -> None:
        now = self.core.now()
        values: Row = {"status": status, "result": result, "message": message, "holder": None}
        values |= {"updated_at": now, "expires_at": now + self._keep}
        statement = sa.update(tables.tasks).where(_columns.id == row["id"])
        conn.execute(statement.values(values))
