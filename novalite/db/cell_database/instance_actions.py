"""What was done to servers: actions, and the steps (events) of each."""

import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.cell_database import models
from novalite.db.records import Mapping
from novalite.db.statements import ignoring_duplicates, insert_unless_there
from novalite.objects import ActionEvent, InstanceAction

table = models.instance_actions
events = models.instance_actions_events
MESSAGE_LENGTH = 255
_mapping = Mapping(InstanceAction, table)
_event_mapping = Mapping(ActionEvent, events)


def start(conn: Connection, action: InstanceAction) -> bool:
    """Record that an action began; whether it is new. One request's action of one name on one
    server is recorded once."""
    return insert_unless_there(conn, table, _row(action))


def start_many(conn: Connection, actions: Sequence[InstanceAction]) -> None:
    """The same for several, in one statement."""
    if actions:
        conn.execute(ignoring_duplicates(conn, table), [_row(action) for action in actions])


def _row(action: InstanceAction) -> dict[str, Any]:
    values = _mapping.values(action, without=("id", "events"))
    values["updated_at"] = action.updated_at or action.start_time
    if action.start_time is not None:
        values["created_at"] = action.start_time
    return values


def finish(
    conn: Connection,
    instance_uuid: str,
    request_id: str,
    now: datetime.datetime,
    message: str | None = None,
) -> bool:
    """Whether there was one to finish."""
    changes: dict[str, Any] = {"finish_time": now, "updated_at": now}
    if message is not None:
        changes["message"] = message[:MESSAGE_LENGTH]
    return (
        conn.execute(table.update().where(*_named(instance_uuid, request_id)), changes).rowcount > 0
    )


def event_start(
    conn: Connection,
    instance_uuid: str,
    request_id: str,
    event: str,
    host: str | None,
    now: datetime.datetime,
) -> bool:
    """Record that a step began; False when the request has no action on this server. Work that
    is resumed goes on with the step it left unfinished."""
    found = _action_and_step(conn, instance_uuid, request_id, event, host)
    if found is None:
        return False
    action_id, unfinished = found
    if unfinished is None:
        conn.execute(
            events.insert(),
            {
                "action_id": action_id,
                "event": event,
                "host": host,
                "start_time": now,
                "created_at": now,
            },
        )
        conn.execute(table.update().where(table.c.id == action_id), {"updated_at": now})
    return True


def event_finish(
    conn: Connection,
    instance_uuid: str,
    request_id: str,
    event: str,
    host: str | None,
    now: datetime.datetime,
    result: str,
    details: str | None = None,
    traceback: str | None = None,
) -> bool:
    """Record how a step ended (``result``: Success or Error); False when no such step runs. Error
    marks the action too."""
    found = _action_and_step(conn, instance_uuid, request_id, event, host)
    if found is None or found[1] is None:
        return False
    action_id, event_id = found
    outcome = {
        "finish_time": now,
        "updated_at": now,
        "result": result,
        "details": details,
        "traceback": traceback,
    }
    conn.execute(events.update().where(events.c.id == event_id), outcome)
    changes: dict[str, Any] = {"updated_at": now}
    if result.lower() == "error":
        changes["message"] = "Error"
    conn.execute(table.update().where(table.c.id == action_id), changes)
    return True


def list_(
    conn: Connection,
    instance_uuid: str,
    limit: int | None = None,
    marker: str | None = None,
    changes_since: datetime.datetime | None = None,
    changes_before: datetime.datetime | None = None,
) -> list[InstanceAction]:
    """Newest first, without events. ``marker``: request id of the last one seen (raises
    MarkerNotFound). The bounds are inclusive, on the time of the last change."""
    query = _mapping.select().where(table.c.instance_uuid == instance_uuid, table.c.deleted == 0)
    if changes_since is not None:
        query = query.where(table.c.updated_at >= changes_since)
    if changes_before is not None:
        query = query.where(table.c.updated_at <= changes_before)
    if marker is not None:
        last = conn.execute(
            sa.select(table.c.created_at, table.c.id)
            .where(*_named(instance_uuid, marker))
            .order_by(table.c.created_at, table.c.id)
        ).first()
        if last is None:
            raise exception.MarkerNotFound(marker=marker)
        query = query.where(
            sa.or_(
                table.c.created_at < last[0],
                sa.and_(table.c.created_at == last[0], table.c.id < last[1]),
            )
        )
    query = query.order_by(table.c.created_at.desc(), table.c.id.desc())
    if limit is not None:
        query = query.limit(limit)
    return _mapping.load_all(conn.execute(query))


def get(conn: Connection, instance_uuid: str, request_id: str) -> InstanceAction:
    """With its events, newest first. Raises ActionNotFound."""
    query = _mapping.select().where(*_named(instance_uuid, request_id))
    row = conn.execute(query.order_by(table.c.id.desc())).first()
    if row is None:
        raise exception.ActionNotFound(action_id=request_id, instance_uuid=instance_uuid)
    action: InstanceAction = _mapping.load(row)
    steps = _event_mapping.select().where(events.c.action_id == action.id)
    action.events = _event_mapping.load_all(
        conn.execute(steps.order_by(events.c.created_at.desc(), events.c.id.desc()))
    )
    return action


def _named(instance_uuid: str, request_id: str) -> tuple[Any, ...]:
    return (
        table.c.instance_uuid == instance_uuid,
        table.c.request_id == request_id,
        table.c.deleted == 0,
    )


def _action_and_step(
    conn: Connection, instance_uuid: str, request_id: str, event: str, host: str | None
) -> tuple[int, int | None] | None:
    """The newest action of the request, and its newest unfinished step of that name, if any."""
    step = sa.and_(
        events.c.action_id == table.c.id,
        events.c.event == event,
        events.c.host == host if host is not None else events.c.host.is_(None),
        events.c.finish_time.is_(None),
    )
    row = conn.execute(
        sa.select(table.c.id, events.c.id)
        .select_from(table.outerjoin(events, step))
        .where(*_named(instance_uuid, request_id))
        .order_by(table.c.id.desc(), events.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])
