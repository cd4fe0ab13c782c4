"""The volume API as the compute services call it within one process."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

from novalite.context import RequestContext
from novalite.exception import VolumeAttachmentNotFound, VolumeNotFound
from novalite.volume.embedded import views
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.listing import MAX_LIMIT, Query
from novalite.volume.interface import Resource

if TYPE_CHECKING:
    from novalite.volume.embedded.attachments import Attachments
    from novalite.volume.embedded.core import Core
    from novalite.volume.embedded.snapshots import Snapshots
    from novalite.volume.embedded.types import Types
    from novalite.volume.embedded.volume_actions import VolumeActions
    from novalite.volume.embedded.volume_create import VolumeCreation
    from novalite.volume.embedded.volumes import Volumes


def _query(filters: dict[str, Any]) -> Query:
    rest = dict(filters)
    everybody = bool(rest.pop("all_tenants", False))
    return Query(filters=rest, all_tenants=everybody)


class Listed(Protocol):
    def list_(self, context: RequestContext, query: Query) -> tuple[list[Row], int | None]: ...


def _all(resource: Listed, context: RequestContext, filters: dict[str, Any]) -> list[Row]:
    """All pages."""
    found: list[Row] = []
    query = _query(filters)
    while True:
        page, _ = resource.list_(context, query)
        found += page
        if len(page) < MAX_LIMIT:
            return found
        query = dataclasses.replace(query, marker=page[-1]["id"])


class DirectAPI:
    """Implements VolumeAPI over the resources."""

    core: Core
    volumes: Volumes
    creation: VolumeCreation
    snapshots: Snapshots
    attachments: Attachments
    actions: VolumeActions
    types: Types

    def list_volumes(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return [views.volume_detail(record) for record in _all(self.volumes, context, filters)]

    def show_volume(self, context: RequestContext, volume_id: str) -> Resource:
        return views.volume_detail(self.volumes.show(context, volume_id))

    def create_volume(self, context: RequestContext, body: Resource) -> Resource:
        given = {**body, "image_id": body.get("imageRef") or body.get("image_id")}
        return views.volume_detail(self.creation.create(context, given))

    def delete_volume(self, context: RequestContext, volume_id: str) -> None:
        try:
            self.volumes.delete(context, volume_id)
        except VolumeNotFound:
            pass

    def show_volume_type(self, context: RequestContext, name_or_id: str) -> Resource:
        with self.core.database.read() as conn:
            row = self.types.resolve(conn, context, name_or_id)
        return {
            "id": row["id"],
            "name": row["name"],
            "description": row["description"],
            "is_public": row["is_public"],
            "extra_specs": row["extra_specs"],
        }

    def begin_detaching(self, context: RequestContext, volume_id: str) -> None:
        self.actions.begin_detaching(context, volume_id)

    def roll_detaching(self, context: RequestContext, volume_id: str) -> None:
        self.actions.roll_detaching(context, volume_id)

    # ---- snapshots ----

    def list_snapshots(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return [views.snapshot(record) for record in _all(self.snapshots, context, filters)]

    def show_snapshot(self, context: RequestContext, snapshot_id: str) -> Resource:
        return views.snapshot(self.snapshots.show(context, snapshot_id))

    def create_snapshot(self, context: RequestContext, volume_id: str, body: Resource) -> Resource:
        force = bool(body.get("force", False))
        return views.snapshot(self.snapshots.create(context, volume_id, body, force=force))

    def delete_snapshot(self, context: RequestContext, snapshot_id: str) -> None:
        self.snapshots.delete(context, snapshot_id)

    def update_snapshot_status(
        self, context: RequestContext, snapshot_id: str, status: str, progress: str
    ) -> None:
        self.snapshots.update_status(context, snapshot_id, status, progress)

    # ---- attachments ----

    def create_attachment(
        self,
        context: RequestContext,
        volume_id: str,
        instance_uuid: str,
        *,
        connector: Resource | None = None,
        mountpoint: str | None = None,
    ) -> Resource:
        row = self.attachments.create(
            context, volume_id, instance_uuid, connector, mountpoint=mountpoint
        )
        return views.attachment(row)

    def show_attachment(self, context: RequestContext, attachment_id: str) -> Resource:
        return views.attachment(self.attachments.show(context, attachment_id))

    def list_attachments(self, context: RequestContext, **filters: Any) -> list[Resource]:
        found = _all(self.attachments, context, filters)
        return [views.attachment(row, detail=False) for row in found]

    def update_attachment(
        self,
        context: RequestContext,
        attachment_id: str,
        connector: Resource,
        mountpoint: str | None = None,
    ) -> Resource:
        return views.attachment(
            self.attachments.update(context, attachment_id, connector, mountpoint)
        )

    def complete_attachment(self, context: RequestContext, attachment_id: str) -> None:
        self.attachments.complete(context, attachment_id)

    def delete_attachment(self, context: RequestContext, attachment_id: str) -> None:
        try:
            self.attachments.delete(context, attachment_id)
        except VolumeAttachmentNotFound:
            pass
