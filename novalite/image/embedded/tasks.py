"""Tasks: what goes on after its request was answered. A row says what is to be done, and what
became of it."""

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import tables
from novalite.image.embedded.core import Core

Row = dict[str, Any]
Rows = list[Row]
PENDING, PROCESSING, SUCCESS, FAILURE = "pending", "processing", "success", "failure"
STATUSES = (PENDING, PROCESSING, SUCCESS, FAILURE)
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
    """The records. ``jobs``: by type. ``hurry`` tells whoever works that there is something."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.jobs: dict[str, Job] = {}
        self.hurry: Callable[[], None] = lambda: None

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

    def _seen(self, context: RequestContext, statement: "sa.Select[Any]") -> "sa.Select[Any]":
        if self.core.access.is_admin(context):
            return statement
        return statement.where(_columns.owner == context.project_id)
