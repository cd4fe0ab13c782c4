"""What the compute service is told when the network of a server changes."""

from collections.abc import Iterable, Mapping
from typing import Any

from novalite.network.embedded import owners
from novalite.wsgi.server_events import ServerEvents


class Events:
    """``target`` is set by whoever puts the process together; None: nobody listens."""

    def __init__(self) -> None:
        self.target: ServerEvents | None = None

    def changed(self, ports: Iterable[Mapping[str, Any]]) -> None:
        """The addresses of these ports, fixed or floating, are others than before."""
        if self.target is None:
            return
        events = [
            {"name": "network-changed", "server_uuid": port["device_id"], "tag": port["id"]}
            for port in ports
            if port["device_id"] and str(port["device_owner"]).startswith(owners.COMPUTE)
        ]
        if events:
            self.target.send(events)
