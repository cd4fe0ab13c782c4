"""The volume service as the tasks of one host see it: for the server's owner, and with patience.

Every step may be repeated after a crash. What a task that was killed had made and not written
down is found again: an attachment by its server and volume, a volume that was made for a server
by a mark in its metadata that names the device's row.
"""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from novalite.compute.gateway import Gateway
from novalite.context import RequestContext
from novalite.exception import (
    BuildAbort,
    InvalidVolume,
    NovaliteError,
    VolumeAttachmentNotFound,
    VolumeNotFound,
)
from novalite.objects import BlockDevice, Instance
from novalite.virt.driver import ComputeDriver
from novalite.volume.interface import Resource, VolumeAPI

LOG = logging.getLogger(__name__)

T = TypeVar("T")

MADE_FOR = "novalite:block_device"
"""Key in a volume's metadata: the uuid of the device's row for which a host made it."""

# What an attachment's answer says beside the connection itself.
_NOT_DATA = ("driver_volume_type", "attachment_id", "volume_id")


class Volumes:
    """Stateless; safe to share between threads."""

    def __init__(self, api: VolumeAPI | None, gateway: Gateway, driver: ComputeDriver) -> None:
        self._api = api
        self._gateway = gateway
        self._driver = driver

    @property
    def api(self) -> VolumeAPI:
        """Raises BuildAbort where no volume service is configured."""
        if self._api is None:
            raise BuildAbort("No volume service is configured, so there are no volumes here.")
        return self._api

    # ---- attachments ----

    def connect(
        self, context: RequestContext, instance: Instance, device: BlockDevice
    ) -> BlockDevice:
        """The device with attachment, connection and size, exported to this host.

        Raises VolumeNotFound, InvalidVolume and the volume service's other errors.
        """
        context = on_behalf(context, instance)
        volume_id = _volume_of(device)
        volume = self.show(context, volume_id)
        attachment_id = device.attachment_id or self._attachment(context, instance, volume_id)
        try:
            answer = self._export(context, attachment_id, device)
        except VolumeAttachmentNotFound:
            # Given back when another host failed with it, or when an earlier try did.
            attachment_id = self._attachment(context, instance, volume_id)
            answer = self._export(context, attachment_id, device)
        return dataclasses.replace(
            device,
            attachment_id=attachment_id,
            connection_info=connection_info(
                answer["connection_info"], volume_id, shared=bool(volume.get("multiattach"))
            ),
            volume_size=volume["size"],
        )

    def _attachment(self, context: RequestContext, instance: Instance, volume_id: str) -> str:
        """The one that the server has already, or a new one."""
        for found in self._attachments(context, instance):
            if found["volume_id"] == volume_id:
                return str(found["id"])
        made = self._ask(
            "reserve",
            volume_id,
            lambda: self.api.create_attachment(context, volume_id, instance.uuid),
        )
        return str(made["id"])

    def _attachments(self, context: RequestContext, instance: Instance) -> list[Resource]:
        return self._ask(
            "list the attachments of",
            instance.uuid,
            lambda: self.api.list_attachments(context, all_tenants=True, instance_id=instance.uuid),
        )

    def _export(self, context: RequestContext, attachment_id: str, device: BlockDevice) -> Resource:
        connector = {**self._driver.volume_connector(), "mountpoint": device.device_name}
        return self._ask(
            "export",
            _volume_of(device),
            lambda: self.api.update_attachment(
                context, attachment_id, connector, mountpoint=device.device_name
            ),
        )

    def complete(self, context: RequestContext, instance: Instance, device: BlockDevice) -> None:
        """The guest has it."""
        context = on_behalf(context, instance)
        attachment_id = device.attachment_id
        assert attachment_id is not None
        self._ask(
            "complete the attachment of",
            _volume_of(device),
            lambda: self.api.complete_attachment(context, attachment_id),
        )

    def disconnect(self, context: RequestContext, instance: Instance, device: BlockDevice) -> None:
        """The guest has it no longer, or never got it."""
        context = on_behalf(context, instance)
        if device.attachment_id is not None:
            self._delete_attachment(context, device.attachment_id)

    def keep(self, context: RequestContext, instance: Instance, device: BlockDevice) -> None:
        """The guest would not let go: the volume is in use as before."""
        context = on_behalf(context, instance)
        volume_id = _volume_of(device)
        try:
            self._ask("keep", volume_id, lambda: self.api.roll_detaching(context, volume_id))
        except (InvalidVolume, VolumeNotFound) as error:
            LOG.warning("Volume %s is not detaching: %s", volume_id, error)

    def size(self, context: RequestContext, instance: Instance, device: BlockDevice) -> int:
        """GiB."""
        return int(self.show(on_behalf(context, instance), _volume_of(device))["size"])

    def refreshed(
        self, context: RequestContext, instance: Instance, devices: Sequence[BlockDevice]
    ) -> tuple[list[BlockDevice], list[dict[str, Any]]]:
        """Devices with connections as they are now, and what that changes in their rows. A volume
        service that does not know better, or does not answer, leaves what is known."""
        context = on_behalf(context, instance)
        current, updates = [], []
        for device in devices:
            fresh = self._refreshed(context, device) if device.is_volume else None
            if fresh is not None and fresh != device.connection_info:
                updates.append({"uuid": device.uuid, "connection_info": fresh})
                device = dataclasses.replace(device, connection_info=fresh)
            current.append(device)
        return current, updates

    def _refreshed(self, context: RequestContext, device: BlockDevice) -> dict[str, Any] | None:
        if self._api is None or not device.attachment_id or not device.connection_info:
            return None
        try:
            answer = self._api.show_attachment(context, device.attachment_id)
        except NovaliteError as error:
            LOG.warning("Connection of volume %s is not refreshed: %s", device.volume_id, error)
            return None
        if not (answer.get("connection_info") or {}).get("driver_volume_type"):
            return None
        shared = bool(device.connection_info.get("multiattach"))
        return connection_info(answer["connection_info"], _volume_of(device), shared=shared)

    # ---- at the end of a server ----

    def release(
        self,
        context: RequestContext,
        instance: Instance,
        devices: Sequence[BlockDevice],
        *,
        for_ever: bool,
    ) -> None:
        """Delete all attachments of the server; with ``for_ever`` also the volumes that are to
        end with it. Costs nothing without volumes. Tries all before it raises the last error."""
        devices = [device for device in devices if device.is_volume]
        if not devices or self._api is None:
            return
        context = on_behalf(context, instance)
        attachments = {device.attachment_id for device in devices if device.attachment_id}
        attachments |= {found["id"] for found in self._attachments(context, instance)}
        failed: NovaliteError | None = None
        for attachment_id in sorted(attachments):
            try:
                self._delete_attachment(context, attachment_id)
            except NovaliteError as error:
                LOG.warning("Attachment %s remains: %s", attachment_id, error)
                failed = error
        if failed is not None:
            raise failed
        if for_ever:
            for device in devices:
                if device.delete_on_termination:
                    self._delete(context, device)

    def _delete_attachment(self, context: RequestContext, attachment_id: str) -> None:
        def delete() -> None:
            try:
                self.api.delete_attachment(context, attachment_id)
            except VolumeAttachmentNotFound:
                pass

        self._ask("delete the attachment", attachment_id, delete)

    def _delete(self, context: RequestContext, device: BlockDevice) -> None:
        """A volume that cannot be deleted is the user's again, and no reason to keep a server."""
        volume_id = device.volume_id or self.made_for(context, device)
        if volume_id is None:
            return
        try:
            self._ask("delete", volume_id, lambda: self.api.delete_volume(context, volume_id))
        except VolumeNotFound:
            pass
        except NovaliteError as error:
            LOG.warning("Volume %s is not deleted with its server: %s", volume_id, error)

    # ---- volumes for servers that are built ----

    def made_for(self, context: RequestContext, device: BlockDevice) -> str | None:
        """The volume that an earlier try made for this row."""
        mark = {MADE_FOR: str(device.uuid)}
        found = self._ask(
            "look for the volume of device",
            str(device.uuid),
            lambda: self.api.list_volumes(context, all_tenants=True, metadata=mark),
        )
        for volume in found:
            if (volume.get("metadata") or {}).get(MADE_FOR) == device.uuid:
                return str(volume["id"])
        return None

    def create(self, context: RequestContext, body: Resource) -> Resource:
        return self._ask("create", "a volume", lambda: self.api.create_volume(context, body))

    def show(self, context: RequestContext, volume_id: str) -> Resource:
        return self._ask("show", volume_id, lambda: self.api.show_volume(context, volume_id))

    def snapshot_size(self, context: RequestContext, snapshot_id: str) -> int:
        """GiB."""
        found = self._ask(
            "show snapshot", snapshot_id, lambda: self.api.show_snapshot(context, snapshot_id)
        )
        return int(found["size"])

    def tell_of_snapshot(
        self,
        context: RequestContext,
        instance: Instance,
        snapshot_id: str,
        status: str,
        progress: str,
    ) -> None:
        context = on_behalf(context, instance)
        self._ask(
            "tell of snapshot",
            snapshot_id,
            lambda: self.api.update_snapshot_status(context, snapshot_id, status, progress),
        )

    def _ask(self, verb: str, what: str, call: Callable[[], T]) -> T:
        """Raises ConductorLost when the service stays away for all of the patience."""
        return self._gateway.patiently(f"volume service: {verb} {what}", call)


def connection_info(flat: Resource, volume_id: str, *, shared: bool) -> dict[str, Any]:
    """What a device's row keeps of an attachment's ``connection_info``."""
    data = {key: value for key, value in flat.items() if key not in _NOT_DATA}
    info = {
        "driver_volume_type": flat["driver_volume_type"],
        "data": data,
        "serial": volume_id,
    }
    if shared:
        info["multiattach"] = True
    return info


def on_behalf(context: RequestContext, instance: Instance) -> RequestContext:
    """With the service's rights, in the project of the server: what is made is its owner's."""
    if not instance.project_id:
        return context.elevated()
    values = context.elevated().to_dict()
    values |= {"project_id": instance.project_id, "user_id": instance.user_id}
    return RequestContext.from_dict(values, auth_token=context.auth_token)


def _volume_of(device: BlockDevice) -> str:
    assert device.volume_id is not None
    return device.volume_id
