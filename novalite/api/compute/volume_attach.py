"""Give a volume to a server.

The row is written first, then the volume is reserved, and only then the row says that the host is
to attach it. Killed in between, a conductor drops the row and what was reserved for it.
"""

import dataclasses
import logging
import re

from oslo_utils import uuidutils
from sqlalchemy import Connection

from novalite import states
from novalite.api.compute import actions, lookup, parts, volumes
from novalite.api.compute.power import ATTEMPTS, tell
from novalite.context import RequestContext
from novalite.db.cell_database import block_devices, instance_actions
from novalite.deployment import Deployment
from novalite.exception import (
    Conflict,
    InvalidDevicePath,
    InvalidVolume,
    NovaliteError,
    UnexpectedTaskState,
    ValidationError,
)
from novalite.objects import BlockDevice, device_names
from novalite.objects.block_device import ATTACHING

LOG = logging.getLogger(__name__)

_PATH = re.compile(r"^/dev/x{0,1}[a-z]{0,1}d{0,1}[a-z]+[0-9]*$")


@dataclasses.dataclass(slots=True)
class Wanted:
    """``multiattach`` and ``shelved``: the request's microversion knows of volumes on several
    servers (2.60), and of volumes of shelved servers (2.20)."""

    volume_id: str
    device: str | None = None
    tag: str | None = None
    delete_on_termination: bool = False
    multiattach: bool = False
    shelved: bool = False


def attach(
    deployment: Deployment, context: RequestContext, found: lookup.Found, wanted: Wanted
) -> BlockDevice:
    """The row of the volume. Raises 404 for the volume; InvalidVolume, InvalidDevicePath (400);
    InstanceInvalidState, InstanceIsLocked, DevicePathInUse (409)."""
    if wanted.device is not None and not _PATH.match(wanted.device):
        raise InvalidDevicePath(path=wanted.device)
    volumes.check_state(context, found.instance, "attach_volume", wanted.shelved)
    api = parts.volume(deployment)
    volumes.check_multiattach(api.show_volume(context, wanted.volume_id), wanted.multiattach)
    found, device = _write(deployment, context, found, wanted)
    try:
        device.attachment_id = api.create_attachment(
            context, wanted.volume_id, found.instance.uuid, mountpoint=device.device_name
        )["id"]
    except NovaliteError as error:
        _take_back(deployment, context, found, device, str(error))
        raise
    if found.instance.vm_state == states.SHELVED_OFFLOADED:
        api.complete_attachment(context, device.attachment_id)
    else:
        device.task_state = ATTACHING
    if not _reserved(found, device):
        # It took so long that the row was given up, or the server was deleted.
        api.delete_attachment(context, device.attachment_id)
        raise Conflict(f"Instance {found.instance.uuid} has changed meanwhile.")
    if device.task_state == ATTACHING:
        tell(
            lambda it: parts.compute(deployment).attach_volume(context, it, device),
            found.instance,
            "attach a volume to",
        )
    else:
        _finish(deployment, context, found)
    return device


def _write(
    deployment: Deployment, context: RequestContext, found: lookup.Found, wanted: Wanted
) -> tuple[lookup.Found, BlockDevice]:
    """The row, which reserves the device name; and the action's record."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return found, _try_to_write(deployment, context, found, wanted)
        except UnexpectedTaskState:
            if attempt == ATTEMPTS:
                raise
        found = lookup.find(parts.databases(deployment), context, found.instance.uuid)
        volumes.check_state(context, found.instance, "attach_volume", wanted.shelved)
    raise AssertionError("unreachable")


def _try_to_write(
    deployment: Deployment, context: RequestContext, found: lookup.Found, wanted: Wanted
) -> BlockDevice:
    instance, now = found.instance, deployment.clock.now()
    offloaded = instance.vm_state == states.SHELVED_OFFLOADED
    if offloaded and wanted.tag:
        raise ValidationError(
            detail="Attaching volumes with a tag to a shelved instance is not supported."
        )

    def write(conn: Connection) -> BlockDevice:
        volumes.hold(conn, instance, now)
        devices = block_devices.list_(conn, instance.uuid)
        if any(device.volume_id == wanted.volume_id for device in devices):
            raise InvalidVolume(reason=f"volume {wanted.volume_id} already attached")
        name, bus = device_names.for_attachment(instance, devices, wanted.device)
        device = BlockDevice(
            source_type="volume",
            destination_type="volume",
            uuid=uuidutils.generate_uuid(),
            volume_id=wanted.volume_id,
            device_name=name,
            disk_bus=bus,
            device_type="disk",
            tag=wanted.tag,
            delete_on_termination=wanted.delete_on_termination,
            created_at=now,
        )
        block_devices.create(conn, instance.uuid, [device])
        actions.begin(conn, context, instance, "attach_volume", now)
        return device

    return found.cell.run(write)


def _reserved(found: lookup.Found, device: BlockDevice) -> bool:
    changes = {"attachment_id": device.attachment_id, "task_state": device.task_state}
    assert device.uuid is not None
    uuid = device.uuid
    return found.cell.run(
        lambda conn: block_devices.update(conn, found.instance.uuid, uuid, changes)
    )


def _take_back(
    deployment: Deployment,
    context: RequestContext,
    found: lookup.Found,
    device: BlockDevice,
    reason: str,
) -> None:
    uuid, now = found.instance.uuid, deployment.clock.now()
    assert device.uuid is not None
    its = device.uuid

    def write(conn: Connection) -> None:
        block_devices.destroy(conn, uuid, its, now)
        instance_actions.finish(conn, uuid, context.request_id, now, message="Error")

    LOG.info("volume %s was not reserved for server %s: %s", device.volume_id, uuid, reason)
    found.cell.run(write)


def _finish(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    uuid, now = found.instance.uuid, deployment.clock.now()
    found.cell.run(lambda conn: instance_actions.finish(conn, uuid, context.request_id, now))
