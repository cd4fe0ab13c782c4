"""A volume service in memory, for tests of the compute service."""

import copy
import threading
import uuid as uuids
from typing import Any

from novalite.exception import (
    InvalidVolume,
    SnapshotNotFound,
    VolumeAttachmentNotFound,
    VolumeNotFound,
)
from novalite.objects import BlockDevice, Instance

Resource = dict[str, Any]


class MemoryVolumes:
    """VolumeAPI. Volumes from images are there when they were asked for twice, others at once.
    ``failing``: names of methods
    that raise what is given; ``paths``: where a volume lies now."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.volumes: dict[str, Resource] = {}
        self.attachments: dict[str, Resource] = {}
        self.snapshots: dict[str, Resource] = {}
        self.snapshot_states: list[tuple[str, str, str]] = []
        self.failing: dict[str, Exception] = {}
        self.broken = False

    # ---- what a test does ----

    def add(self, **more: Any) -> str:
        volume = {
            "id": str(uuids.uuid4()),
            "size": 1,
            "status": "available",
            "multiattach": False,
            "metadata": {},
            "project_id": None,
            "path": "/volumes/first",
            "asked": 0,
            **more,
        }
        self.volumes[volume["id"]] = volume
        return str(volume["id"])

    def reserved(self, instance: Instance, name: str = "/dev/vdc", **more: Any) -> BlockDevice:
        """A device as the API writes it: a volume that the server has reserved."""
        volume_id = self.add()
        attachment = self.create_attachment(None, volume_id, instance.uuid)
        values = {
            "uuid": str(uuids.uuid4()),
            "instance_uuid": instance.uuid,
            "device_name": name,
            "disk_bus": "virtio",
            "volume_id": volume_id,
            "attachment_id": attachment["id"],
            **more,
        }
        return BlockDevice("volume", "volume", **values)

    def status(self, volume_id: str) -> str:
        return str(self.volumes[volume_id]["status"])

    def of(self, instance_uuid: str) -> set[str]:
        """Volumes that are attached to the server, or reserved for it."""
        with self.lock:
            found = [a for a in self.attachments.values() if a["instance"] == instance_uuid]
        volumes = [attachment["volume_id"] for attachment in found]
        assert len(volumes) == len(set(volumes)), "a volume is attached twice"
        return set(volumes)

    # ---- volumes ----

    def list_volumes(self, context: Any, **filters: Any) -> list[Resource]:
        self._fail("list_volumes")
        wanted = filters.get("metadata") or {}
        with self.lock:
            return [
                copy.deepcopy(volume)
                for volume in self.volumes.values()
                if wanted.items() <= volume["metadata"].items()
            ]

    def show_volume(self, context: Any, volume_id: str) -> Resource:
        self._fail("show_volume")
        with self.lock:
            volume = self._volume(volume_id)
            volume["asked"] += 1
            slow = "imageRef" in volume.get("asked_for", ())
            if volume["status"] == "creating" and volume["asked"] > slow:
                volume["status"] = "error" if self.broken else "available"
            return copy.deepcopy(volume)

    def create_volume(self, context: Any, body: Resource) -> Resource:
        self._fail("create_volume")
        with self.lock:
            volume_id = self.add(
                status="creating",
                size=body["size"],
                metadata=dict(body.get("metadata") or {}),
                project_id=context.project_id,
                asked_for=copy.deepcopy(body),
            )
            return copy.deepcopy(self.volumes[volume_id])

    def delete_volume(self, context: Any, volume_id: str) -> None:
        self._fail("delete_volume")
        with self.lock:
            volume = self.volumes.get(volume_id)
            if volume is None:
                return
            if volume["status"] not in ("available", "error", "creating"):
                raise InvalidVolume(reason=f"status is {volume['status']}")
            del self.volumes[volume_id]

    def begin_detaching(self, context: Any, volume_id: str) -> None:
        with self.lock:
            self._volume(volume_id)["status"] = "detaching"

    def roll_detaching(self, context: Any, volume_id: str) -> None:
        self._fail("roll_detaching")
        with self.lock:
            if self._volume(volume_id)["status"] == "detaching":
                self._volume(volume_id)["status"] = "in-use"

    # ---- snapshots ----

    def show_snapshot(self, context: Any, snapshot_id: str) -> Resource:
        if snapshot_id not in self.snapshots:
            raise SnapshotNotFound(snapshot_id=snapshot_id)
        return copy.deepcopy(self.snapshots[snapshot_id])

    def update_snapshot_status(
        self, context: Any, snapshot_id: str, status: str, progress: str
    ) -> None:
        self.snapshot_states.append((snapshot_id, status, progress))

    # ---- attachments ----

    def create_attachment(
        self, context: Any, volume_id: str, instance_uuid: str, **more: Any
    ) -> Resource:
        self._fail("create_attachment")
        with self.lock:
            volume = self._volume(volume_id)
            if volume["status"] != "available" and not volume["multiattach"]:
                raise InvalidVolume(reason=f"status is {volume['status']}")
            attachment = {
                "id": str(uuids.uuid4()),
                "volume_id": volume_id,
                "instance": instance_uuid,
                "status": "reserved",
            }
            self.attachments[attachment["id"]] = attachment
            volume["status"] = "reserved"
            return dict(attachment)

    def list_attachments(self, context: Any, **filters: Any) -> list[Resource]:
        self._fail("list_attachments")
        wanted = filters.get("instance_id")
        with self.lock:
            return [dict(a) for a in self.attachments.values() if a["instance"] == wanted]

    def show_attachment(self, context: Any, attachment_id: str) -> Resource:
        self._fail("show_attachment")
        with self.lock:
            return self._with_connection(self._attachment(attachment_id))

    def update_attachment(
        self, context: Any, attachment_id: str, connector: Resource, mountpoint: str | None = None
    ) -> Resource:
        self._fail("update_attachment")
        with self.lock:
            attachment = self._attachment(attachment_id)
            attachment.update(connector=connector, mountpoint=mountpoint, status="attaching")
            self._volume(attachment["volume_id"])["status"] = "attaching"
            return self._with_connection(attachment)

    def complete_attachment(self, context: Any, attachment_id: str) -> None:
        self._fail("complete_attachment")
        with self.lock:
            attachment = self._attachment(attachment_id)
            attachment["status"] = "attached"
            self._volume(attachment["volume_id"])["status"] = "in-use"

    def delete_attachment(self, context: Any, attachment_id: str) -> None:
        self._fail("delete_attachment")
        with self.lock:
            attachment = self.attachments.pop(attachment_id, None)
            if attachment is None:
                raise VolumeAttachmentNotFound(attachment_id=attachment_id)
            left = [
                a for a in self.attachments.values() if a["volume_id"] == attachment["volume_id"]
            ]
            if not left:
                self._volume(attachment["volume_id"])["status"] = "available"

    # ---- within ----

    def _with_connection(self, attachment: Resource) -> Resource:
        path = self.volumes[attachment["volume_id"]]["path"]
        connection = {"driver_volume_type": "file", "device_path": path, "format": "qcow2"}
        return {**attachment, "connection_info": {**connection, "attachment_id": attachment["id"]}}

    def _volume(self, volume_id: str) -> Resource:
        if volume_id not in self.volumes:
            raise VolumeNotFound(volume_id=volume_id)
        return self.volumes[volume_id]

    def _attachment(self, attachment_id: str) -> Resource:
        if attachment_id not in self.attachments:
            raise VolumeAttachmentNotFound(attachment_id=attachment_id)
        return self.attachments[attachment_id]

    def _fail(self, name: str) -> None:
        if name in self.failing:
            raise self.failing[name]
