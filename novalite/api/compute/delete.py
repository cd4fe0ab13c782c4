"""DELETE /servers/{id}: always accepted, converging even when the host is down.

Three ways, by where the server is: a build request is withdrawn; a server without a host (or
whose host is down) is deleted here, in the databases; else its host is told. Each step may be
repeated, and a DELETE that is sent again completes what an earlier one left.
"""

import logging

from sqlalchemy import Connection

from novalite import states
from novalite.api.compute import actions, boot_volumes, lookup, parts, power
from novalite.api.compute.liveness import host_is_up
from novalite.api.compute.withdrawal import forget, withdraw
from novalite.context import RequestContext
from novalite.db.api_database import (
    request_specs,
)
from novalite.db.cell_database import instance_actions, instances
from novalite.deployment import Deployment
from novalite.exception import (
    InstanceNotFound,
    NovaliteError,
    RequestSpecNotFound,
)
from novalite.objects import BuildRequest, Instance

LOG = logging.getLogger(__name__)


def delete(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    """Raises InstanceIsLocked (409); DependencyUnavailable when ports or volumes cannot be given
    back."""
    states.check("delete", found.instance, is_admin=bool(context.is_admin))
    if found.request is not None:
        if withdraw(deployment, found.instance.uuid):
            _release_volumes(deployment, context, found.request)
            return
        # A conductor was faster: the server is in a cell now, or gone.
        try:
            found = lookup.find(parts.databases(deployment), context, found.instance.uuid)
        except InstanceNotFound:
            return
        if found.request is not None:
            return
    try:
        _delete_from_cell(deployment, context, found)
    except InstanceNotFound:
        # The host, or another request, has just finished it.
        _forget(deployment, found.instance.uuid)


def _release_volumes(
    deployment: Deployment, context: RequestContext, request: BuildRequest
) -> None:
    """The server is gone already: what cannot be given back now is found by a conductor."""
    try:
        boot_volumes.release(deployment, context, request.block_devices)
    except NovaliteError:
        LOG.warning("volumes of server %s stay reserved for now", request.instance_uuid)


def _delete_from_cell(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    instance = found.instance
    if instance.task_state == states.DELETING and host_is_up(deployment, found, instance.host):
        _forget(deployment, instance.uuid)
        return
    instance.host = _begin(deployment, context, found)
    instance.task_state = states.DELETING
    if not found.in_cell0 and host_is_up(deployment, found, instance.host):
        _forget(deployment, instance.uuid)
        power.tell(
            lambda it: parts.compute(deployment).terminate_instance(context, it), instance, "delete"
        )
        return
    _give_ports_back(deployment, context, found)
    boot_volumes.release(deployment, context, instance.block_devices)
    _destroy(deployment, context, found)
    _forget(deployment, instance.uuid)


def _begin(deployment: Deployment, context: RequestContext, found: lookup.Found) -> str | None:
    """Claim the server for deletion; its host, which a build may have set just now."""
    uuid, now = found.instance.uuid, deployment.clock.now()

    def write(conn: Connection) -> str | None:
        changes = {"task_state": states.DELETING, "progress": 0}
        instances.update(conn, uuid, changes, now=now)
        actions.begin(conn, context, found.instance, "delete", now)
        return instances.get(conn, uuid, load=()).host

    return found.cell.run(write)


def _give_ports_back(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    instance = found.instance
    allocator = parts.allocator(deployment)
    try:
        allocator.deallocate(context, instance, _requested_ports(deployment, instance))
    except NovaliteError:
        if not found.in_cell0:
            raise
        # What is in cell0 never had a host, so hardly a port: it can always be deleted.
        LOG.warning("ports of server %s were not looked for", instance.uuid, exc_info=True)


def _requested_ports(deployment: Deployment, instance: Instance) -> list[str]:
    """The user's own ports: they are unbound, never deleted."""
    try:
        with parts.api_database(deployment).read() as conn:
            networks = request_specs.get(conn, instance.uuid).requested_networks
        theirs = [item.port_id for item in networks if item.port_id]
    except RequestSpecNotFound:
        theirs = []
    return theirs + [vif.id for vif in instance.network_info or () if not vif.created_by_us]


def _destroy(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    uuid, now = found.instance.uuid, deployment.clock.now()

    def write(conn: Connection) -> None:
        instances.destroy(conn, uuid, now)
        instance_actions.finish(conn, uuid, context.request_id, now)

    found.cell.run(write)


def _forget(deployment: Deployment, uuid: str) -> None:
    parts.api_database(deployment).run(lambda conn: forget(conn, uuid))
