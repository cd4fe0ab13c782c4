"""Volumes in POST /servers: those that are there, and those that will be made for a server.

A volume that is there is reserved after the promise is committed: killed in between, the host
that builds the server reserves it, and nothing is reserved for a server that there is not.
"""

import dataclasses
import logging
from typing import Any, TypeVar

from novalite.api.compute import image_properties, parts, volumes
from novalite.api.compute.block_devices import invalid
from novalite.context import RequestContext
from novalite.db.api_database import build_requests
from novalite.deployment import Deployment
from novalite.exception import (
    DependencyUnavailable,
    ImageNotActive,
    ImageNotFound,
    InvalidBDM,
    InvalidVolume,
    NotFound,
    NovaliteError,
    ValidationError,
)
from novalite.objects import BlockDevice, BuildRequest, ImageMeta

LOG = logging.getLogger(__name__)

T = TypeVar("T")
Resource = dict[str, Any]

_READY = ("available", "downloading")
_SHARED = (*_READY, "reserved", "attaching", "in-use", "detaching")
# What a volume remembers of its image beside the image's properties.
_ATTRIBUTES = ("image_id", "image_name", "size", "checksum", "container_format", "disk_format")


class Sources:
    """What the mappings of one request name. Each thing is asked for once."""

    def __init__(self, deployment: Deployment, context: RequestContext) -> None:
        self._deployment = deployment
        self._context = context
        self._volumes: dict[str, Resource] = {}
        self._snapshots: dict[str, Resource] = {}
        self._images: dict[str, ImageMeta] = {}

    def volume(self, volume_id: str) -> Resource:
        """Raises InvalidBDM, as the others do."""
        if volume_id not in self._volumes:
            api = parts.volume(self._deployment)
            try:
                self._volumes[volume_id] = api.show_volume(self._context, volume_id)
            except NotFound:
                raise invalid(f"failed to get volume {volume_id}.") from None
        return self._volumes[volume_id]

    def snapshot(self, snapshot_id: str) -> Resource:
        if snapshot_id not in self._snapshots:
            api = parts.volume(self._deployment)
            try:
                self._snapshots[snapshot_id] = api.show_snapshot(self._context, snapshot_id)
            except NotFound:
                raise invalid(f"failed to get snapshot {snapshot_id}.") from None
        return self._snapshots[snapshot_id]

    def image(self, image_id: str) -> ImageMeta:
        if image_id not in self._images:
            api = parts.image(self._deployment)
            try:
                self._images[image_id] = api.get(self._context, image_id)
            except ImageNotFound:
                raise invalid(f"failed to get image {image_id}.") from None
        return self._images[image_id]

    def check_type(self, name_or_id: str) -> None:
        """Raises ValidationError for a type of volumes that there is not."""
        try:
            parts.volume(self._deployment).show_volume_type(self._context, name_or_id)
        except NotFound as error:
            raise ValidationError(detail=str(error)) from None

    # ---- what a server boots from ----

    def image_of(self, devices: list[BlockDevice] | None, *, legacy: bool) -> ImageMeta:
        """What is known of the image behind the disk that boots; it has no id. Raises InvalidBDM
        for a volume that cannot be booted from."""
        root = _root(devices or [], legacy=legacy)
        if root is None:
            return ImageMeta()
        if root.image_id:
            return dataclasses.replace(self.image(root.image_id), id=None)
        volume_id = root.volume_id
        if root.snapshot_id:
            volume_id = self.snapshot(root.snapshot_id).get("volume_id")
        if not volume_id:
            return ImageMeta()
        try:
            volume = self.volume(volume_id)
        except InvalidBDM:
            if root.volume_id:
                raise
            return ImageMeta()  # The snapshot outlived what it was made of.
        if str(volume.get("bootable", "true")).lower() != "true":
            raise InvalidBDM(f"Block Device {volume_id} is not bootable.")
        return _image_of_volume(volume)


def _root(devices: list[BlockDevice], *, legacy: bool) -> BlockDevice | None:
    if legacy:
        # The first form has no boot index: the disk named ...a, else the first one, boots.
        disks = [device for device in devices if device.source_type != "blank"]
        named = [d for d in disks if (d.device_name or "").rstrip("0123456789").endswith("da")]
        return next(iter(named or disks), None)
    return next((device for device in devices if device.boot_index == 0), None)


def _image_of_volume(volume: Resource) -> ImageMeta:
    remembered: dict[str, Any] = dict(volume.get("volume_image_metadata") or {})
    known = {name: remembered.pop(name, None) for name in _ATTRIBUTES}
    min_ram, min_disk = (int(remembered.pop(name, None) or 0) for name in ("min_ram", "min_disk"))
    properties = {
        image_properties.FORMER_NAMES.get(name, name): str(value)
        for name, value in remembered.items()
    }
    return ImageMeta(
        size=int(volume["size"]) << 30,
        min_ram=min_ram,
        min_disk=min_disk,
        disk_format=known["disk_format"],
        container_format=known["container_format"],
        properties=properties,
    )


# ---- checks ----


def check(sources: Sources, devices: list[BlockDevice], *, multiattach: bool) -> None:
    """The volumes among ``devices``: whether they are there, or can be made; sizes filled in.

    ``multiattach``: the request's microversion knows of volumes on several servers. Raises
    InvalidBDM, InvalidVolume, MultiattachNotSupportedOldMicroversion, ImageNotActive,
    ValidationError: all 400.
    """
    for device in devices:
        if not device.is_volume:
            continue
        if device.source_type == "volume":
            _check_volume(sources, device, multiattach)
        elif device.source_type == "snapshot":
            _check_snapshot(sources, device)
        elif device.source_type == "image":
            _check_image(sources, device)
        elif not device.volume_size:
            raise invalid(
                "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size"
            )
        if device.volume_type:
            sources.check_type(device.volume_type)


def _check_volume(sources: Sources, device: BlockDevice, multiattach: bool) -> None:
    assert device.volume_id is not None
    volume = sources.volume(device.volume_id)
    volumes.check_multiattach(volume, multiattach)
    status = volume["status"]
    if status not in (_SHARED if volume.get("multiattach") else _READY):
        raise InvalidVolume(
            reason=f"Volume {device.volume_id} status must be available or downloading to "
            f"reserve, but the current status is {status}."
        )
    device.volume_size = int(volume["size"])


def _check_snapshot(sources: Sources, device: BlockDevice) -> None:
    assert device.snapshot_id is not None
    size = int(sources.snapshot(device.snapshot_id)["size"])
    if device.volume_size is None:
        device.volume_size = size
    elif device.volume_size < size:
        raise invalid(f"a volume from snapshot {device.snapshot_id} needs at least {size} GB.")


def _check_image(sources: Sources, device: BlockDevice) -> None:
    assert device.image_id is not None
    image = sources.image(device.image_id)
    if image.status != "active":
        raise ImageNotActive(image_id=device.image_id)
    if not device.volume_size:
        raise invalid(
            "Images with destination_type 'volume' need to have a non-zero size specified"
        )


# ---- reservation ----


def reserve(deployment: Deployment, context: RequestContext, request: BuildRequest) -> None:
    """Reserve the volumes that ``request``, which is committed, was promised.

    Raises what the volume service says; nothing is reserved then. Whoever took the request up
    meanwhile finds the attachments by server and volume.
    """
    wanted = [d for d in request.block_devices if d.volume_id and not d.attachment_id]
    if not wanted:
        return
    api = parts.volume(deployment)
    try:
        for device in wanted:
            assert device.volume_id is not None
            made = api.create_attachment(
                context, device.volume_id, request.instance_uuid, mountpoint=device.device_name
            )
            device.attachment_id = made["id"]
    except NovaliteError:
        for device in wanted:
            device.delete_on_termination = False
        release(deployment, context, wanted)
        raise
    parts.api_database(deployment).run(lambda conn: build_requests.save(conn, request))


def release(
    deployment: Deployment, context: RequestContext, devices: list[BlockDevice] | None
) -> None:
    """Give back what is reserved for a server that no host holds, and delete the volumes that
    were to go with it. May be repeated. Raises DependencyUnavailable."""
    held = [device for device in devices or () if device.is_volume and device.volume_id]
    if not held:
        return
    api = parts.volume(deployment)
    for device in held:
        assert device.volume_id is not None
        for attachment_id in _attachments(deployment, context, device):
            api.delete_attachment(context, attachment_id)
        if device.delete_on_termination:
            try:
                api.delete_volume(context, device.volume_id)
            except DependencyUnavailable:
                raise
            except NovaliteError as error:
                LOG.warning("volume %s is not deleted with its server: %s", device.volume_id, error)


def _attachments(deployment: Deployment, context: RequestContext, device: BlockDevice) -> list[str]:
    """Of a row that was not told its attachment there may be one all the same."""
    if device.attachment_id:
        return [device.attachment_id]
    if device.instance_uuid is None:
        return []
    found = parts.volume(deployment).list_attachments(
        context, instance_id=device.instance_uuid, volume_id=device.volume_id
    )
    return [attachment["id"] for attachment in found]
