"""What a neighbour tells the compute service about servers.

The events are those of POST /os-server-external-events: ``{"name", "server_uuid", "tag"?,
"status"?}``, with names as ``network-changed``, ``network-vif-plugged``, ``volume-extended``.
They are hints: whoever misses one finds the truth when it looks.
"""

from typing import Any, Protocol

Event = dict[str, Any]


class ServerEvents(Protocol):
    def send(self, events: list[Event]) -> None:
        """Returns at once. What cannot be delivered is logged."""

    def volume_snapshot_create(self, volume_id: str, create_info: Event) -> None:
        """POST /os-assisted-volume-snapshots: let the server that has the volume write to
        ``create_info["new_file"]`` from now on. Raises DependencyUnavailable, InvalidInput."""

    def volume_snapshot_delete(self, volume_id: str, snapshot_id: str, delete_info: Event) -> None:
        """DELETE /os-assisted-volume-snapshots/{id}: let it merge the files named there."""
