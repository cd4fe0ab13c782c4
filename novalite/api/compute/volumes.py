"""Volumes of a server: which it has, and when they may change.

What a row of a volume asks for stands in novalite.objects.BlockDevice.
"""

import datetime
from typing import Any

from sqlalchemy import Connection

from novalite import states
from novalite.api.compute import lookup, parts
from novalite.context import RequestContext
from novalite.db.cell_database import block_devices, instances
from novalite.deployment import Deployment
from novalite.exception import (
    Conflict,
    MultiattachNotSupportedOldMicroversion,
    NotFound,
    ValidationError,
    VolumeBDMNotFound,
    VolumeNotFound,
)
from novalite.objects import BlockDevice, Instance

_SHELVED = (states.SHELVED, states.SHELVED_OFFLOADED)


def attached(instance: Instance) -> list[BlockDevice]:
    """The server's volumes, oldest first: those that are reserved for it at least."""
    devices = instance.block_devices or ()
    return [device for device in devices if device.volume_id and device.attachment_id]


def find(instance: Instance, volume_id: str) -> BlockDevice | None:
    return next((d for d in attached(instance) if d.volume_id == volume_id), None)


def check_multiattach(volume: dict[str, Any], allowed: bool) -> None:
    """Raises MultiattachNotSupportedOldMicroversion."""
    if volume.get("multiattach") and not allowed:
        raise MultiattachNotSupportedOldMicroversion()


def check_state(context: RequestContext, instance: Instance, action: str, shelved: bool) -> None:
    """``action``: of novalite.states; ``shelved``: whether that of a shelved server is permitted.
    Raises InstanceInvalidState and InstanceIsLocked."""
    states.check(action, instance, is_admin=bool(context.is_admin))
    if instance.vm_state in _SHELVED and not shelved:
        raise states.invalid(action, instance)


def hold(conn: Connection, instance: Instance, now: datetime.datetime) -> None:
    """Lock the server's row in the state in which it was checked. Raises UnexpectedTaskState."""
    instances.update(
        conn,
        instance.uuid,
        {},
        expected_task_state=[instance.task_state],
        expected_vm_state=[instance.vm_state],
        now=now,
    )


def set_delete_on_termination(found: lookup.Found, device: BlockDevice, flag: bool) -> None:
    """Raises VolumeBDMNotFound for a server that is in no cell yet."""
    if found.database is None:
        raise VolumeBDMNotFound(volume_id=device.volume_id)
    uuid = device.uuid
    assert uuid is not None
    changes = {"delete_on_termination": flag}
    found.cell.run(lambda conn: block_devices.update(conn, found.instance.uuid, uuid, changes))


def swap(
    deployment: Deployment,
    context: RequestContext,
    found: lookup.Found,
    old_id: str,
    new_id: str,
) -> None:
    """What a volume service asks for while it migrates a volume. Raises 404 for the old volume,
    Conflict for one that is not migrating, ValidationError for the new one."""
    api = parts.volume(deployment)
    old = api.show_volume(context, old_id)
    if not old.get("migration_status"):
        raise Conflict(f"volume {old_id} is not migrating this api should only be called by Cinder")
    try:
        api.show_volume(context, new_id)
    except VolumeNotFound as error:
        raise ValidationError(detail=str(error)) from None
    states.check("swap_volume", found.instance, is_admin=bool(context.is_admin))
    if find(found.instance, old_id) is None:
        raise NotFound(f"Instance {found.instance.uuid} is not attached to volume {old_id}.")
    raise Conflict(f"No host of this cloud can exchange volume {old_id} while it is in use.")
