"""Events of neighbours that live in the same process as the compute API."""

import logging
from typing import Any

from novalite.api.compute import external_events, volume_snapshots
from novalite.context import admin_context
from novalite.deployment import Deployment
from novalite.exception import (
    InstanceInvalidState,
    InstanceNotReady,
    InvalidInput,
    VolumeBDMNotFound,
)

LOG = logging.getLogger(__name__)

Event = dict[str, Any]


class LocalServerEvents:
    """ServerEvents by direct calls: a few statements each. ``cloud``'s databases and wires may be
    set later than this is made."""

    def __init__(self, cloud: Deployment) -> None:
        self._cloud = cloud

    def send(self, events: list[Event]) -> None:
        if not events:
            return
        try:
            codes = external_events.deliver(self._cloud, admin_context(), events)
        except Exception:
            LOG.exception("events of servers are lost: %s", events)
            return
        for event, code in zip(events, codes, strict=True):
            if code != external_events.ACCEPTED:
                LOG.info("nobody was told of %s: %d", event, code)

    def volume_snapshot_create(self, volume_id: str, create_info: Event) -> None:
        try:
            volume_snapshots.create(self._cloud, admin_context(), volume_id, create_info)
        except (VolumeBDMNotFound, InstanceInvalidState, InstanceNotReady) as error:
            raise InvalidInput(reason=str(error)) from error

    def volume_snapshot_delete(self, volume_id: str, snapshot_id: str, delete_info: Event) -> None:
        try:
            volume_snapshots.delete(
                self._cloud, admin_context(), volume_id, snapshot_id, delete_info
            )
        except (VolumeBDMNotFound, InstanceInvalidState, InstanceNotReady) as error:
            raise InvalidInput(reason=str(error)) from error
