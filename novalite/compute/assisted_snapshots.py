"""Snapshots of volumes that a server of this host has: its guest writes on into another file.

The volume service asks for them and waits to be told of the end; it asks again when it hears
nothing. Each may be done again: the driver sees what is done already.
"""

import logging
from collections.abc import Callable
from typing import Any

from novalite.compute.gateway import ConductorLost
from novalite.compute.workplace import Workplace
from novalite.context import RequestContext
from novalite.exception import (
    DependencyUnavailable,
    InstanceNotFound,
    NovaliteError,
    VolumeBDMNotFound,
)
from novalite.objects import BlockDevice, Instance, InstanceStep

LOG = logging.getLogger(__name__)

DONE_HERE = "90%"
"""What a host says of its part; the rest is the volume service's."""


def create(
    place: Workplace,
    context: RequestContext,
    instance: Instance,
    volume_id: str,
    create_info: dict[str, Any],
) -> None:
    def act(row: Instance, device: BlockDevice) -> dict[str, Any]:
        return place.driver.volume_snapshot_create(row, device, create_info)

    snapshot_id = str(create_info.get("snapshot_id"))
    _carry_out(place, context, instance, volume_id, snapshot_id, act, ("creating", "error"))


def delete(
    place: Workplace,
    context: RequestContext,
    instance: Instance,
    volume_id: str,
    snapshot_id: str,
    delete_info: dict[str, Any],
) -> None:
    def act(row: Instance, device: BlockDevice) -> dict[str, Any]:
        return place.driver.volume_snapshot_delete(row, device, snapshot_id, delete_info)

    states = ("deleting", "error_deleting")
    _carry_out(place, context, instance, volume_id, snapshot_id, act, states)


def _carry_out(
    place: Workplace,
    context: RequestContext,
    instance: Instance,
    volume_id: str,
    snapshot_id: str,
    act: Callable[[Instance, BlockDevice], dict[str, Any]],
    states: tuple[str, str],
) -> None:
    """``states``: what the snapshot is, seen from here, after success and after failure."""
    good, bad = states
    try:
        row = place.gateway.instance(context, instance.uuid)
        if row is None or row.deleted or row.host != place.host:
            raise InstanceNotFound(instance_id=instance.uuid)
        device = _device(row, volume_id)
        connection_info = act(row, device)
        if connection_info != device.connection_info:
            columns = {"uuid": device.uuid, "connection_info": connection_info}
            place.gateway.report(context, row.uuid, InstanceStep(block_devices=[columns]))
        place.volumes.tell_of_snapshot(context, instance, snapshot_id, good, DONE_HERE)
    except (ConductorLost, DependencyUnavailable) as error:
        LOG.error("Snapshot %s of volume %s rests: %s", snapshot_id, volume_id, error)
    except Exception as error:
        LOG.exception("Snapshot %s of volume %s failed", snapshot_id, volume_id)
        try:
            place.volumes.tell_of_snapshot(context, instance, snapshot_id, bad, "0%")
        except (NovaliteError, ConductorLost) as untold:
            LOG.error("That %s failed (%s) is untold: %s", snapshot_id, error, untold)


def _device(row: Instance, volume_id: str) -> BlockDevice:
    for device in row.block_devices or ():
        if device.volume_id == volume_id and device.connection_info:
            return device
    raise VolumeBDMNotFound(volume_id=volume_id)
