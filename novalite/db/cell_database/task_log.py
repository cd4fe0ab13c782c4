"""What the hosts did periodically: a row per task, host and period."""

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.cell_database import models

table = models.task_log


@dataclasses.dataclass(frozen=True, slots=True)
class TaskRun:
    """``state``: RUNNING or DONE. ``items``: what it looked at, ``errors`` of them in vain."""

    host: str
    state: str
    items: int
    errors: int
    message: str


def runs(
    conn: Connection, task: str, begin: datetime.datetime, end: datetime.datetime
) -> list[TaskRun]:
    """Those of one period, by host. One statement."""
    columns = (table.c.host, table.c.state, table.c.task_items, table.c.errors, table.c.message)
    query = sa.select(*columns).where(
        table.c.task_name == task,
        table.c.period_beginning == begin,
        table.c.period_ending == end,
        table.c.deleted == 0,
    )
    return [TaskRun(*row) for row in conn.execute(query.order_by(table.c.host))]
