"""The volumes of a server that is being built: made where the request says so, and connected."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Any

from novalite.compute.volumes import MADE_FOR, on_behalf
from novalite.compute.workplace import Workplace
from novalite.context import RequestContext
from novalite.exception import BuildAbort, VolumeNotCreated
from novalite.objects import BlockDevice, Instance
from novalite.volume.interface import Resource

LOG = logging.getLogger(__name__)

FIRST_PAUSE = 0.05

_USABLE = frozenset({"available", "reserved", "attaching", "in-use"})
"""A volume that this server has reserved is not available any more."""

Note = Callable[[list[dict[str, Any]]], None]
"""Writes columns of devices' rows down: ``{"uuid", column: value...}``. Raises what a report of a
build raises when the server is not to be built any more."""


def prepare(
    place: Workplace,
    context: RequestContext,
    instance: Instance,
    devices: Sequence[BlockDevice],
    note: Note,
) -> tuple[list[BlockDevice], list[dict[str, Any]]]:
    """All devices, the volumes among them connected to this host, and what is to be written down
    of that.

    Raises VolumeNotCreated, BuildAbort, and the volume service's errors.
    """
    made = [
        _made(place, context, instance, device, note)
        if device.is_volume and device.volume_id is None
        else device
        for device in devices
    ]
    ready: list[BlockDevice] = []
    updates: list[dict[str, Any]] = []
    for device in made:
        if device.is_volume:
            _wait(place, context, instance, device, note)
            device = place.volumes.connect(context, instance, device)
            updates.append(
                {
                    "uuid": device.uuid,
                    "attachment_id": device.attachment_id,
                    "connection_info": device.connection_info,
                    "volume_size": device.volume_size,
                }
            )
        ready.append(device)
    return ready, updates


def complete(
    place: Workplace, context: RequestContext, instance: Instance, devices: Sequence[BlockDevice]
) -> None:
    for device in devices:
        if device.is_volume:
            place.volumes.complete(context, instance, device)


def released(devices: Sequence[BlockDevice]) -> list[dict[str, Any]]:
    """What a build that failed writes down of volumes whose attachments are deleted: the next
    host reserves them anew."""
    return [
        {"uuid": device.uuid, "attachment_id": None, "connection_info": None}
        for device in devices
        if device.is_volume and device.uuid
    ]


def _made(
    place: Workplace,
    context: RequestContext,
    instance: Instance,
    device: BlockDevice,
    note: Note,
) -> BlockDevice:
    """The device with a volume: the one that an earlier try made, or a new one."""
    owner = on_behalf(context, instance)
    volume_id = place.volumes.made_for(owner, device)
    if volume_id is None:
        body = _body(place, owner, instance, device)
        volume_id = str(place.volumes.create(owner, body)["id"])
        LOG.info("Volume %s is made for instance %s", volume_id, instance.uuid)
    # At once: who ends this server must know of it.
    note([{"uuid": device.uuid, "volume_id": volume_id}])
    return dataclasses.replace(device, volume_id=volume_id)


def _body(
    place: Workplace, context: RequestContext, instance: Instance, device: BlockDevice
) -> Resource:
    body: Resource = {
        "name": f"{instance.uuid}-blank-vol" if device.source_type == "blank" else "",
        "description": "",
        "metadata": {MADE_FOR: str(device.uuid)},
    }
    size = device.volume_size
    if device.source_type == "snapshot":
        body["snapshot_id"] = device.snapshot_id
        if size is None:
            assert device.snapshot_id is not None
            size = place.volumes.snapshot_size(context, device.snapshot_id)
    elif device.source_type == "image":
        body["imageRef"] = device.image_id
    if not size:
        raise BuildAbort(instance_uuid=instance.uuid, reason="a volume to be made has no size")
    body["size"] = size
    if device.volume_type:
        body["volume_type"] = device.volume_type
    return body


def _wait(
    place: Workplace,
    context: RequestContext,
    instance: Instance,
    device: BlockDevice,
    note: Note,
) -> None:
    """Until the volume service has made it. Asks between whether the server is still wanted."""
    owner = on_behalf(context, instance)
    conf = place.conf
    longest = conf.block_device_allocate_retries_interval
    seconds = conf.block_device_allocate_retries * longest
    deadline = place.clock.monotonic() + seconds
    pause = FIRST_PAUSE
    assert device.volume_id is not None
    while True:
        status = place.volumes.show(owner, device.volume_id)["status"]
        if status in _USABLE:
            return
        late = place.clock.monotonic() >= deadline
        if late or place.stopping.is_set() or status.startswith("error"):
            raise VolumeNotCreated(
                volume_id=device.volume_id, seconds=seconds, volume_status=status
            )
        if pause >= 1:
            note([])
        place.stopping.wait(pause)
        pause = min(pause * 2, longest)
