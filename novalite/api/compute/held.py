"""Change a server that is in a cell while its row is held in the state that was checked."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from novalite import states
from novalite.api.compute import lookup, parts
from novalite.api.compute.power import ATTEMPTS
from novalite.context import RequestContext
from novalite.db.cell_database import instances
from novalite.deployment import Deployment
from novalite.exception import InstanceNotReady, UnexpectedTaskState
from novalite.objects import Instance

T = TypeVar("T")


def change(
    deployment: Deployment,
    context: RequestContext,
    found: lookup.Found,
    action: str,
    write: Callable[[Connection, Instance], T],
) -> T:
    """What ``write`` answers, called in one transaction that holds the server's row in a state in
    which ``action`` (of novalite.states) may run.

    Raises InstanceNotFound; InstanceIsLocked, InstanceInvalidState, and InstanceNotReady for a
    server that is in no cell yet (409).
    """
    for attempt in range(1, ATTEMPTS + 1):
        rule = states.check(action, found.instance, is_admin=bool(context.is_admin))
        if found.database is None:
            raise InstanceNotReady(instance_uuid=found.instance.uuid)
        try:
            return _write(deployment, found, rule, write)
        except UnexpectedTaskState:
            if attempt == ATTEMPTS:
                raise
        # Somebody was faster: judge by the state as it is now.
        found = lookup.find(parts.databases(deployment), context, found.instance.uuid)
    raise AssertionError("unreachable")


def _write(
    deployment: Deployment,
    found: lookup.Found,
    rule: states.Rule,
    write: Callable[[Connection, Instance], T],
) -> T:
    instance, now = found.instance, deployment.clock.now()

    def held(conn: Connection) -> T:
        instances.update(
            conn,
            instance.uuid,
            {},
            expected_task_state=None if rule.task_states is None else [instance.task_state],
            expected_vm_state=None if rule.vm_states is None else [instance.vm_state],
            now=now,
        )
        return write(conn, instance)

    return found.cell.run(held)
