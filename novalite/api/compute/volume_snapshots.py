"""Let the server that has a volume take part in the volume service's snapshots of it.

The volume service hears of the end from the host, by the snapshot's status; a message that was
lost is its to repeat.
"""

from typing import Any

from novalite import states
from novalite.api.compute import parts
from novalite.context import RequestContext
from novalite.db.cell_database import block_devices, instances
from novalite.deployment import Deployment
from novalite.exception import InstanceNotReady, InvalidInput, VolumeBDMNotFound
from novalite.objects import Instance


def create(
    deployment: Deployment, context: RequestContext, volume_id: str, info: dict[str, Any]
) -> None:
    """``info``: as ComputeAPI.volume_snapshot_create has it. Raises VolumeBDMNotFound,
    InvalidInput (several servers have the volume), InstanceInvalidState, InstanceNotReady."""
    instance = _server_with(deployment, context, volume_id)
    parts.compute(deployment).volume_snapshot_create(context, instance, volume_id, info)


def delete(
    deployment: Deployment,
    context: RequestContext,
    volume_id: str,
    snapshot_id: str,
    info: dict[str, Any],
) -> None:
    """``info``: as ComputeAPI.volume_snapshot_delete has it. Raises as ``create``."""
    instance = _server_with(deployment, context, volume_id)
    parts.compute(deployment).volume_snapshot_delete(
        context, instance, volume_id, snapshot_id, info
    )


def _server_with(deployment: Deployment, context: RequestContext, volume_id: str) -> Instance:
    """The one server that has it, in a state that permits a snapshot."""
    found: list[Instance] = []
    for _, database in parts.databases(deployment).cells():
        with database.read() as conn:
            devices = block_devices.of_volume(conn, volume_id)
            uuids = {device.instance_uuid for device in devices if device.instance_uuid}
            found += instances.get_many(conn, uuids, load=("system_metadata",))
    if not found:
        raise VolumeBDMNotFound(volume_id=volume_id)
    if len(found) > 1:
        raise InvalidInput(reason=f"Volume {volume_id} is attached to several servers.")
    (instance,) = found
    if not instance.host:
        raise InstanceNotReady(instance_uuid=instance.uuid)
    states.check("volume_snapshot", instance, is_admin=bool(context.is_admin))
    return instance
