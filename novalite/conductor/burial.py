"""Servers that found no host: written to cell0 in ERROR, with a fault that says why."""

import datetime
from collections.abc import Sequence

from sqlalchemy import Connection

from novalite import states
from novalite.conductor.cells import Cells
from novalite.conductor.finish import finish
from novalite.conductor.records import Promise, new_instance, write_rows
from novalite.context import RequestContext
from novalite.db.cell_database import instance_actions, instance_faults, instances
from novalite.exception import NovaliteError
from novalite.objects import InstanceFault


def bury(
    cells: Cells,
    now: datetime.datetime,
    context: RequestContext,
    promises: Sequence[Promise],
    error: NovaliteError,
) -> None:
    """One transaction in cell0, one in the API database."""
    uuids = [promise.uuid for promise in promises]

    def write(conn: Connection) -> None:
        there = {row.uuid for row in instances.get_many(conn, uuids, load=(), deleted=None)}
        for promise in promises:
            if promise.uuid not in there:
                _write(conn, now, context, promise, error)

    write_rows(cells.cell0, write)
    finish(cells, now, uuids, None)


def _write(
    conn: Connection,
    now: datetime.datetime,
    context: RequestContext,
    promise: Promise,
    error: NovaliteError,
) -> None:
    instance = new_instance(promise)
    instance.vm_state = states.ERROR
    instance.task_state = None
    instances.create(conn, instance)
    action = promise.action(context, now)
    action.message = "Error"
    action.finish_time = now
    instance_actions.start(conn, action)
    instance_faults.create(
        conn,
        InstanceFault(
            instance_uuid=promise.uuid,
            code=error.code,
            message=str(error),
            details=error.kwargs.get("details"),
            created_at=now,
        ),
    )
