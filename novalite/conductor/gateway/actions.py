"""Steps of a server's actions."""

import datetime
from collections.abc import Iterator

from sqlalchemy import Connection

from novalite.clock import Clock
from novalite.conductor.cells import Cells
from novalite.context import RequestContext
from novalite.db.cell_database import instance_actions


class Actions:
    """See ConductorAPI."""

    def __init__(self, cells: Cells, clock: Clock) -> None:
        self._cells = cells
        self._clock = clock

    def event_start(
        self, context: RequestContext, host: str, instance_uuid: str, event: str
    ) -> None:
        now = self._clock.now()
        self._cells.of_host(host).run(
            lambda conn: start(conn, instance_uuid, context.request_id, event, host, now)
        )

    def event_finish(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        event: str,
        result: str,
        message: str | None = None,
        traceback: str | None = None,
    ) -> None:
        now = self._clock.now()
        self._cells.of_host(host).run(
            lambda conn: finish(
                conn,
                instance_uuid,
                context.request_id,
                event,
                host,
                now,
                result,
                message,
                traceback,
            )
        )


def start(
    conn: Connection,
    uuid: str,
    request_id: str | None,
    event: str,
    host: str,
    now: datetime.datetime,
) -> None:
    """Of the request's action, or, for work that is resumed under another id, the newest one. A
    server without any action has no steps."""
    for name in _names(conn, uuid, request_id):
        if instance_actions.event_start(conn, uuid, name, event, host, now):
            return


def finish(
    conn: Connection,
    uuid: str,
    request_id: str | None,
    event: str,
    host: str,
    now: datetime.datetime,
    result: str,
    message: str | None = None,
    traceback: str | None = None,
) -> None:
    """The same; a step that was never started is recorded as if it had begun now."""
    for name in _names(conn, uuid, request_id):
        outcome = (uuid, name, event, host, now, result, message, traceback)
        if instance_actions.event_finish(conn, *outcome):
            return
        if instance_actions.event_start(conn, uuid, name, event, host, now):
            instance_actions.event_finish(conn, *outcome)
            return


def _names(conn: Connection, uuid: str, request_id: str | None) -> Iterator[str]:
    if request_id:
        yield request_id
    for action in instance_actions.list_(conn, uuid, limit=1):
        if action.request_id != request_id:
            yield action.request_id
