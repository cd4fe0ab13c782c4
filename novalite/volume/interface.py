"""What the compute services ask of a volume service.

The dictionaries have the shape of the volume API v3, so that the adapter to the real service and
the embedded one differ in transport alone.

An attachment is made in three steps, each of which may be repeated: ``create_attachment``
reserves the volume for a server (volume: reserved), ``update_attachment`` with the connector of
the host exports it there and answers ``connection_info`` (attaching), ``complete_attachment``
says that the guest has it (in-use). ``delete_attachment`` undoes all of them.

Errors: VolumeNotFound, SnapshotNotFound, VolumeTypeNotFound, VolumeAttachmentNotFound,
InvalidVolume (a state that does not permit it, or a volume that is in use and not multiattach),
OverQuota, Forbidden, InvalidInput, and DependencyUnavailable when the service does not answer.
"""

from typing import Any, Protocol

from novalite.context import RequestContext

Resource = dict[str, Any]


class VolumeAPI(Protocol):
    def list_volumes(self, context: RequestContext, **filters: Any) -> list[Resource]:
        """In full. ``all_tenants`` for administrators."""

    def show_volume(self, context: RequestContext, volume_id: str) -> Resource: ...

    def create_volume(self, context: RequestContext, body: Resource) -> Resource:
        """``body``: what is under ``volume`` in POST /volumes (``size`` in GiB, ``imageRef``,
        ``snapshot_id``, ``source_volid``, ``volume_type``, ``availability_zone``, ``name``,
        ``metadata``). The volume is ``creating``: it becomes available, or error, later."""

    def delete_volume(self, context: RequestContext, volume_id: str) -> None:
        """Deleting what is gone is not an error."""

    def show_volume_type(self, context: RequestContext, name_or_id: str) -> Resource:
        """Raises VolumeTypeNotFound."""

    def begin_detaching(self, context: RequestContext, volume_id: str) -> None:
        """in-use -> detaching, before a host is asked to let go."""

    def roll_detaching(self, context: RequestContext, volume_id: str) -> None:
        """detaching -> in-use: the host would not."""

    def list_snapshots(self, context: RequestContext, **filters: Any) -> list[Resource]:
        """In full. ``all_tenants`` for administrators."""

    def show_snapshot(self, context: RequestContext, snapshot_id: str) -> Resource: ...

    def create_snapshot(self, context: RequestContext, volume_id: str, body: Resource) -> Resource:
        """``body``: ``name``, ``description``, ``metadata``, ``force`` (also if it is in use)."""

    def delete_snapshot(self, context: RequestContext, snapshot_id: str) -> None: ...

    def update_snapshot_status(
        self, context: RequestContext, snapshot_id: str, status: str, progress: str
    ) -> None:
        """What a compute host that was asked to take part in a snapshot says of it."""

    def create_attachment(
        self,
        context: RequestContext,
        volume_id: str,
        instance_uuid: str,
        *,
        connector: Resource | None = None,
        mountpoint: str | None = None,
    ) -> Resource:
        """Raises InvalidVolume when the volume is neither available nor multiattach."""

    def show_attachment(self, context: RequestContext, attachment_id: str) -> Resource:
        """With the ``connection_info`` that holds now (an overlay may have become the active
        file since), in the form of ``update_attachment``."""

    def list_attachments(self, context: RequestContext, **filters: Any) -> list[Resource]:
        """Members ``id``, ``volume_id``, ``instance``, ``status``... of those that have all of
        ``filters``: ``instance_id``, ``volume_id``. ``all_tenants`` for administrators."""

    def update_attachment(
        self,
        context: RequestContext,
        attachment_id: str,
        connector: Resource,
        mountpoint: str | None = None,
    ) -> Resource:
        """With ``connection_info``: ``driver_volume_type`` and the members of its ``data`` on one
        level, as the attachments API has them.

        ``connector``: ``{"host", "ip", "initiator"?, "multipath", "platform", "os_type"}``.
        """

    def complete_attachment(self, context: RequestContext, attachment_id: str) -> None: ...

    def delete_attachment(self, context: RequestContext, attachment_id: str) -> None:
        """Deleting what is gone is not an error."""
