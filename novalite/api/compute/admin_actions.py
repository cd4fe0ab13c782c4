"""What only admins do to a server."""

from sqlalchemy import Connection

from novalite.api.compute import actions, held, lookup
from novalite.context import RequestContext
from novalite.db.cell_database import instance_actions, instances
from novalite.deployment import Deployment
from novalite.objects import Instance


def reset_state(
    deployment: Deployment, context: RequestContext, found: lookup.Found, vm_state: str
) -> None:
    """Say that the server is in ``vm_state`` and that no task runs, whatever its guest does. A
    host that works on it finds its task gone, and stops. Raises InstanceNotReady (409) for a
    server that is in no cell yet."""

    def write(conn: Connection, instance: Instance) -> None:
        now = deployment.clock.now()
        actions.begin(conn, context, instance, "resetState", now)
        instances.update(conn, instance.uuid, {"vm_state": vm_state, "task_state": None}, now=now)
        instance_actions.finish(conn, instance.uuid, context.request_id, now)

    held.change(deployment, context, found, "os-resetState", write)
