"""What the things that the plane makes are called. All names of one cloud begin with its
[embedded]device_prefix, so that they are found again and nobody else's are touched."""

import re

from novalite.network.embedded.plane import bridge_name

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def inner_name(port_id: str) -> str:
    """A router port's device inside the router's namespace."""
    return f"port{_short(port_id)}"


def _short(any_id: str) -> str:
    return f"{any_id[:8]}{any_id[9:11]}"


class Names:
    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._bridge = re.compile(rf"^{prefix}[0-9a-f]{{8}}-[0-9a-f]{{2}}$")
        self._netns = re.compile(rf"^{prefix}-{UUID}$")
        self._router = re.compile(rf"^{prefix}r-{UUID}$")
        self._tunnel = re.compile(rf"^{prefix}v[0-9a-f]{{10}}$")

    def bridge(self, network_id: str) -> str:
        return bridge_name(self.prefix, network_id)

    def netns(self, network_id: str) -> str:
        """Where a network's DHCP and metadata are."""
        return f"{self.prefix}-{network_id}"

    def cable(self, network_id: str) -> str:
        """The bridge's end of the cable into that namespace."""
        return f"{self.prefix}{network_id[:8]}d"

    def router(self, router_id: str) -> str:
        """A router's namespace."""
        return f"{self.prefix}r-{router_id}"

    def router_cable(self, port_id: str) -> str:
        """The bridge's end of a router's port."""
        return f"{self.prefix}r{_short(port_id)}"

    def tunnel(self, network_id: str) -> str:
        return f"{self.prefix}v{_short(network_id)}"

    def is_bridge(self, name: str) -> bool:
        return bool(self._bridge.match(name))

    def is_netns(self, name: str) -> bool:
        return bool(self._netns.match(name))

    def is_router(self, name: str) -> bool:
        return bool(self._router.match(name))

    def is_tunnel(self, name: str) -> bool:
        return bool(self._tunnel.match(name))
