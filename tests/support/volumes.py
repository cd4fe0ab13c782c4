"""A volume service in memory that behaves as ``novalite.volume.interface`` says."""

import copy
import uuid as uuids
from typing import Any

from novalite.context import RequestContext
from novalite.exception import (
    DependencyUnavailable,
    InvalidVolume,
    SnapshotNotFound,
    VolumeAttachmentNotFound,
    VolumeNotFound,
    VolumeTypeNotFound,
)

Resource = dict[str, Any]


class FakeVolumes:
    """VolumeAPI. ``down``: it does not answer. ``fail``: names of methods that raise what they
    are mapped to. ``calls``: names of the methods called."""

    def __init__(self) -> None:
        self.volumes: dict[str, Resource] = {}
        self.snapshots: dict[str, Resource] = {}
        self.attachments: dict[str, Resource] = {}
        self.types = {"__DEFAULT__": {"id": str(uuids.uuid4()), "name": "__DEFAULT__"}}
        self.down = False
        self.fail: dict[str, Exception] = {}
        self.calls: list[str] = []

    # ---- what a test does ----

    def add(self, project_id: str, **members: Any) -> str:
        """An available volume of 1 GiB; its id."""
        id_ = str(uuids.uuid4())
        self.volumes[id_] = {
            "id": id_,
            "created_at": "2026-01-01T00:00:00.000000",
            "name": "",
            "size": 1,
            "status": "available",
            "bootable": "false",
            "multiattach": False,
            "attachments": [],
            "volume_type": "__DEFAULT__",
            "availability_zone": "nova",
            "os-vol-tenant-attr:tenant_id": project_id,
            **members,
        }
        return id_

    def add_snapshot(self, project_id: str, volume_id: str, **members: Any) -> str:
        id_ = str(uuids.uuid4())
        size = self.volumes[volume_id]["size"]
        self.snapshots[id_] = {
            "id": id_,
            "volume_id": volume_id,
            "created_at": "2026-01-01T00:00:00.000000",
            "size": size,
            "status": "available",
            "os-extended-snapshot-attributes:project_id": project_id,
            **members,
        }
        return id_

    def of(self, instance_uuid: str) -> list[Resource]:
        return [a for a in self.attachments.values() if a["instance"] == instance_uuid]

    # ---- VolumeAPI ----

    def _begin(self, call: str) -> None:
        self.calls.append(call)
        if self.down:
            raise DependencyUnavailable(reason="volumes")
        if call in self.fail:
            raise self.fail[call]

    def _volume(self, context: RequestContext, volume_id: str) -> Resource:
        volume = self.volumes.get(volume_id)
        if volume is None or not _visible(context, volume["os-vol-tenant-attr:tenant_id"]):
            raise VolumeNotFound(volume_id=volume_id)
        return volume

    def list_volumes(self, context: RequestContext, **filters: Any) -> list[Resource]:
        self._begin("list_volumes")
        return copy.deepcopy(list(self.volumes.values()))

    def show_volume(self, context: RequestContext, volume_id: str) -> Resource:
        self._begin("show_volume")
        return copy.deepcopy(self._volume(context, volume_id))

    def create_volume(self, context: RequestContext, body: Resource) -> Resource:
        self._begin("create_volume")
        return self.volumes[self.add(context.project_id or "", **body)]

    def delete_volume(self, context: RequestContext, volume_id: str) -> None:
        self._begin("delete_volume")
        volume = self.volumes.get(volume_id)
        if volume is not None and volume["status"] != "available":
            raise InvalidVolume(reason=f"Volume status is {volume['status']}.")
        self.volumes.pop(volume_id, None)

    def show_volume_type(self, context: RequestContext, name_or_id: str) -> Resource:
        self._begin("show_volume_type")
        for kind in self.types.values():
            if name_or_id in (kind["id"], kind["name"]):
                return dict(kind)
        raise VolumeTypeNotFound(volume_type_id=name_or_id)

    def begin_detaching(self, context: RequestContext, volume_id: str) -> None:
        self._begin("begin_detaching")
        volume = self._volume(context, volume_id)
        if volume["status"] != "in-use":
            raise InvalidVolume(reason=f"Unable to detach volume, it is {volume['status']}.")
        volume["status"] = "detaching"

    def roll_detaching(self, context: RequestContext, volume_id: str) -> None:
        self._begin("roll_detaching")
        self._volume(context, volume_id)["status"] = "in-use"

    def list_snapshots(self, context: RequestContext, **filters: Any) -> list[Resource]:
        self._begin("list_snapshots")
        return copy.deepcopy(list(self.snapshots.values()))

    def show_snapshot(self, context: RequestContext, snapshot_id: str) -> Resource:
        self._begin("show_snapshot")
        found = self.snapshots.get(snapshot_id)
        owner = "os-extended-snapshot-attributes:project_id"
        if found is None or not _visible(context, found[owner]):
            raise SnapshotNotFound(snapshot_id=snapshot_id)
        return dict(found)

    def create_snapshot(self, context: RequestContext, volume_id: str, body: Resource) -> Resource:
        self._begin("create_snapshot")
        self._volume(context, volume_id)
        return self.snapshots[self.add_snapshot(context.project_id or "", volume_id, **body)]

    def delete_snapshot(self, context: RequestContext, snapshot_id: str) -> None:
        self._begin("delete_snapshot")
        self.snapshots.pop(snapshot_id, None)

    def update_snapshot_status(
        self, context: RequestContext, snapshot_id: str, status: str, progress: str
    ) -> None:
        self._begin("update_snapshot_status")
        self.snapshots[snapshot_id].update(status=status, progress=progress)

    def create_attachment(
        self,
        context: RequestContext,
        volume_id: str,
        instance_uuid: str,
        *,
        connector: Resource | None = None,
        mountpoint: str | None = None,
    ) -> Resource:
        self._begin("create_attachment")
        volume = self._volume(context, volume_id)
        others = [a for a in self.attachments.values() if a["volume_id"] == volume_id]
        mine = others and all(a["instance"] == instance_uuid for a in others)
        shared = volume["multiattach"] and volume["status"] in ("reserved", "in-use")
        if volume["status"] != "available" and not shared and not mine:
            raise InvalidVolume(reason=f"volume {volume_id} is {volume['status']}")
        id_ = str(uuids.uuid4())
        self.attachments[id_] = {
            "id": id_,
            "volume_id": volume_id,
            "instance": instance_uuid,
            "status": "reserved",
            "connection_info": {},
        }
        volume["status"] = "reserved" if not others else volume["status"]
        return copy.deepcopy(self.attachments[id_])

    def show_attachment(self, context: RequestContext, attachment_id: str) -> Resource:
        self._begin("show_attachment")
        if attachment_id not in self.attachments:
            raise VolumeAttachmentNotFound(attachment_id=attachment_id)
        return copy.deepcopy(self.attachments[attachment_id])

    def list_attachments(self, context: RequestContext, **filters: Any) -> list[Resource]:
        self._begin("list_attachments")
        filters.pop("all_tenants", None)
        if "instance_id" in filters:
            filters["instance"] = filters.pop("instance_id")
        return [
            copy.deepcopy(a)
            for a in self.attachments.values()
            if all(a[name] == value for name, value in filters.items())
        ]

    def update_attachment(
        self,
        context: RequestContext,
        attachment_id: str,
        connector: Resource,
        mountpoint: str | None = None,
    ) -> Resource:
        self._begin("update_attachment")
        found = self.attachments[attachment_id]
        path = f"/volumes/{found['volume_id']}"
        found["connection_info"] = {"driver_volume_type": "file", "device_path": path}
        found["status"] = "attaching"
        return copy.deepcopy(found)

    def complete_attachment(self, context: RequestContext, attachment_id: str) -> None:
        self._begin("complete_attachment")
        found = self.attachments[attachment_id]
        found["status"] = "attached"
        self.volumes[found["volume_id"]]["status"] = "in-use"

    def delete_attachment(self, context: RequestContext, attachment_id: str) -> None:
        self._begin("delete_attachment")
        found = self.attachments.pop(attachment_id, None)
        if found is None:
            return
        volume_id = found["volume_id"]
        if not any(a["volume_id"] == volume_id for a in self.attachments.values()):
            self.volumes[volume_id]["status"] = "available"


def _visible(context: RequestContext, project_id: str) -> bool:
    return bool(context.is_admin) or project_id == context.project_id
