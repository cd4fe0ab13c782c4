"""Lock a server against its own project's users; admins pass.

A lock knows whose it is: that of somebody of the server's project, or an admin's of another one,
which only those may open who may override it.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from novalite.api.compute import actions, held, lookup
from novalite.context import RequestContext
from novalite.db.cell_database import instance_actions, instances, pairs
from novalite.deployment import Deployment
from novalite.objects import Instance

OWNER = "owner"
ADMIN = "admin"
REASON = "locked_reason"
"""The reason's name in the system metadata."""


def locker(context: RequestContext, instance: Instance) -> str:
    """As whom the caller locks and unlocks the server: OWNER or ADMIN."""
    return OWNER if context.project_id == instance.project_id else ADMIN


def is_anothers(context: RequestContext, instance: Instance) -> bool:
    """Whether the lock is not of the caller's kind."""
    return bool(instance.locked_by) and instance.locked_by != locker(context, instance)


def lock(
    deployment: Deployment, context: RequestContext, found: lookup.Found, reason: str | None
) -> None:
    """Nothing happens when it is locked already and the caller is of its project. Raises
    InstanceNotReady (409) for a server that is in no cell yet."""

    def write(conn: Connection, instance: Instance) -> None:
        by = locker(context, instance)
        if by == OWNER and instances.get(conn, instance.uuid, load=()).locked:
            return
        _record(
            deployment,
            conn,
            context,
            instance,
            "lock",
            lambda: _lock(deployment, conn, instance, by, reason),
        )

    held.change(deployment, context, found, "lock", write)


def _lock(
    deployment: Deployment, conn: Connection, instance: Instance, by: str, reason: str | None
) -> None:
    now = deployment.clock.now()
    instances.update(conn, instance.uuid, {"locked": True, "locked_by": by}, now=now)
    if reason:
        pairs.put(conn, pairs.SYSTEM_METADATA, instance.uuid, {REASON: reason}, now)


def unlock(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    """Whoever's lock it is: may the caller do that? Raises as ``lock``."""

    def write(conn: Connection, instance: Instance) -> None:
        _record(
            deployment,
            conn,
            context,
            instance,
            "unlock",
            lambda: _unlock(deployment, conn, instance),
        )

    held.change(deployment, context, found, "unlock", write)


def _unlock(deployment: Deployment, conn: Connection, instance: Instance) -> None:
    now = deployment.clock.now()
    instances.update(conn, instance.uuid, {"locked": False, "locked_by": None}, now=now)
    pairs.put(conn, pairs.SYSTEM_METADATA, instance.uuid, {REASON: None}, now)


def _record(
    deployment: Deployment,
    conn: Connection,
    context: RequestContext,
    instance: Instance,
    action: str,
    do: Callable[[], None],
) -> None:
    """The action, and its one step, which this process does."""
    now, host = deployment.clock.now(), deployment.host
    request, event = context.request_id, f"api_{action}"
    actions.begin(conn, context, instance, action, now)
    instance_actions.event_start(conn, instance.uuid, request, event, host, now)
    do()
    instance_actions.event_finish(conn, instance.uuid, request, event, host, now, "Success")
    instance_actions.finish(conn, instance.uuid, request, now)
