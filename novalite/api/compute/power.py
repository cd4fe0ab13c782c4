"""Start, stop and reboot: check the state, swap it, record the action, tell the host."""

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from novalite import states
from novalite.api.compute import actions, lookup
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
    _change(
        deployment,
        context,
        found,
        "start",
        lambda instance: deployment.compute.start_instance(context, instance),
    )


def stop(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    """Raises as ``start``."""
    _change(
        deployment,
        context,
        found,
        "stop",
        lambda instance: deployment.compute.stop_instance(context, instance),
    )


def reboot(
    deployment: Deployment, context: RequestContext, found: lookup.Found, reboot_type: str
) -> None:
    """``reboot_type``: SOFT or HARD. Raises as ``start``."""
    _change(
        deployment,
        context,
        found,
        "reboot" if reboot_type == "SOFT" else "reboot_hard",
        lambda instance: deployment.compute.reboot_instance(context, instance, reboot_type),
    )


def _change(
    deployment: Deployment,
    context: RequestContext,
    found: lookup.Found,
    action: str,
    cast: Cast,
) -> None:
    name = action.removesuffix("_hard")
    for attempt in range(ATTEMPTS):
        instance = found.instance
        rule = states.check(action, instance, is_admin=context.is_admin)
        changes: dict[str, Any] = {"task_state": rule.task_state}
        now = deployment.clock.now()

        def write(conn: Connection) -> None:
            instances.update(
                conn,
                instance.uuid,
                changes,
                expected_task_state=[instance.task_state],
                expected_vm_state=[instance.vm_state],
                now=now,
            )
            actions.begin(conn, context, instance, name, now)

        try:
            found.cell.run(write)
            break
        except UnexpectedTaskState:
            # Somebody was faster: judge by the state as it is now.
            if attempt + 1 == ATTEMPTS:
                raise
            found = lookup.find(deployment.databases, context, instance.uuid)
    instance.task_state = rule.task_state
    tell(cast, instance, name)


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
