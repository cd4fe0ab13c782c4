"""Take a volume from a server.

The row says so before the volume service hears of it: killed in between, the host detaches the
volume all the same.
"""

from sqlalchemy import Connection

from novalite import states
from novalite.api.compute import actions, lookup, parts, volumes
from novalite.api.compute.liveness import host_is_up
from novalite.api.compute.power import tell
from novalite.context import RequestContext
from novalite.db.cell_database import block_devices, instance_actions
from novalite.deployment import Deployment
from novalite.exception import (
    Invalid,
    InvalidVolume,
    NotFound,
    NovaliteError,
    ServerHostDown,
)
from novalite.objects import BlockDevice
from novalite.objects.block_device import DETACHING


def detach(
    deployment: Deployment,
    context: RequestContext,
    found: lookup.Found,
    volume_id: str,
    *,
    shelved: bool,
) -> None:
    """Raises 404 for the volume and for one that is not attached; Invalid for the root disk and
    for one that is not in use (400); InstanceInvalidState, InstanceIsLocked, ServerHostDown."""
    api = parts.volume(deployment)
    api.show_volume(context, volume_id)
    device = volumes.find(found.instance, volume_id)
    if device is None:
        raise NotFound(f"Instance {found.instance.uuid} is not attached to volume {volume_id}.")
    if device.boot_index == 0:
        raise Invalid("Cannot detach a root device volume")
    volumes.check_state(context, found.instance, "detach_volume", shelved)
    if found.instance.vm_state == states.SHELVED_OFFLOADED:
        _detach_here(deployment, context, found, device)
        return
    if not host_is_up(deployment, found, found.instance.host):
        raise ServerHostDown()
    _mark(deployment, context, found, device)
    try:
        api.begin_detaching(context, volume_id)
    except NovaliteError:
        if _unmark(deployment, context, found, device):
            raise
        return  # A sweep of the host was so fast that it is detached.
    tell(
        lambda it: parts.compute(deployment).detach_volume(
            context, it, volume_id, device.attachment_id
        ),
        found.instance,
        "detach a volume from",
    )


def _mark(
    deployment: Deployment, context: RequestContext, found: lookup.Found, device: BlockDevice
) -> None:
    instance, now = found.instance, deployment.clock.now()

    def write(conn: Connection) -> None:
        volumes.hold(conn, instance, now)
        current = next(
            (d for d in block_devices.list_(conn, instance.uuid) if d.uuid == device.uuid), None
        )
        if current is None or current.task_state is not None:
            state = current.task_state if current is not None else "detached"
            raise InvalidVolume(
                reason=f"Unable to detach volume. Volume {device.volume_id} must be attached, "
                f"but it is {state}."
            )
        assert device.uuid is not None
        block_devices.update(conn, instance.uuid, device.uuid, {"task_state": DETACHING})
        actions.begin(conn, context, instance, "detach_volume", now)

    found.cell.run(write)


def _unmark(
    deployment: Deployment, context: RequestContext, found: lookup.Found, device: BlockDevice
) -> bool:
    """Whether the row is there still."""
    uuid, now = found.instance.uuid, deployment.clock.now()

    def write(conn: Connection) -> bool:
        assert device.uuid is not None
        there = block_devices.update(conn, uuid, device.uuid, {"task_state": None})
        if there:
            instance_actions.finish(conn, uuid, context.request_id, now, message="Error")
        return there

    return found.cell.run(write)


def _detach_here(
    deployment: Deployment, context: RequestContext, found: lookup.Found, device: BlockDevice
) -> None:
    """No host has it. May be repeated at each step."""
    uuid, now = found.instance.uuid, deployment.clock.now()
    assert device.uuid is not None and device.attachment_id is not None
    its = device.uuid
    parts.volume(deployment).delete_attachment(context, device.attachment_id)

    def write(conn: Connection) -> None:
        block_devices.destroy(conn, uuid, its, now)
        actions.begin(conn, context, found.instance, "detach_volume", now)
        instance_actions.finish(conn, uuid, context.request_id, now)

    found.cell.run(write)
