"""Start, stop and reboot: check the state, swap it, record the action, tell the host."""

import logging
from collections.abc import Callable

from sqlalchemy import Connection

from novalite import states
from novalite.api.compute import actions, lookup, parts
from novalite.context import RequestContext
from novalite.db.cell_database import instances
from novalite.deployment import Deployment
from novalite.exception import UnexpectedTaskState
from novalite.objects import Instance

LOG = logging.getLogger(__name__)

Cast = Callable[[Instance], None]
ATTEMPTS = 3


def start(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    """Raises InstanceInvalidState, InstanceIsLocked, InstanceNotReady (409)."""
    instance = _swap(deployment, context, found, "start")
    tell(lambda it: parts.compute(deployment).start_instance(context, it), instance, "start")


def stop(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    """Raises as ``start``."""
    instance = _swap(deployment, context, found, "stop")
    tell(lambda it: parts.compute(deployment).stop_instance(context, it), instance, "stop")


def reboot(
    deployment: Deployment, context: RequestContext, found: lookup.Found, reboot_type: str
) -> None:
    """``reboot_type``: SOFT or HARD. Raises as ``start``."""
    action = "reboot" if reboot_type == "SOFT" else "reboot_hard"
    instance = _swap(deployment, context, found, action)
    tell(
        lambda it: parts.compute(deployment).reboot_instance(context, it, reboot_type),
        instance,
        "reboot",
    )


def _swap(
    deployment: Deployment, context: RequestContext, found: lookup.Found, action: str
) -> Instance:
    """Set the action's task_state if the state allows it; the instance as it is then."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _try_swap(deployment, context, found, action)
        except UnexpectedTaskState:
            if attempt == ATTEMPTS:
                raise
        # Somebody was faster: judge by the state as it is now.
        found = lookup.find(parts.databases(deployment), context, found.instance.uuid)
    raise AssertionError("unreachable")


def _try_swap(
    deployment: Deployment, context: RequestContext, found: lookup.Found, action: str
) -> Instance:
    instance = found.instance
    rule = states.check(action, instance, is_admin=bool(context.is_admin))
    now = deployment.clock.now()

    def write(conn: Connection) -> None:
        instances.update(
            conn,
            instance.uuid,
            {"task_state": rule.task_state},
            expected_task_state=[instance.task_state],
            expected_vm_state=[instance.vm_state],
            now=now,
        )
        actions.begin(conn, context, instance, action.removesuffix("_hard"), now)

    found.cell.run(write)
    instance.task_state = rule.task_state
    return instance


def tell(cast: Cast, instance: Instance, action: str) -> None:
    """The row says what is to be done; the host finds it there when the message is lost."""
    try:
        cast(instance)
    except Exception:
        LOG.warning(
            "host %s could not be told to %s server %s; its sweep will find it",
            instance.host,
            action,
            instance.uuid,
            exc_info=True,
        )
