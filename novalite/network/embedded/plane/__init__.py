"""How the records become packets: the contract, and the plane that does nothing."""

from collections.abc import Callable
from typing import Any, Protocol

from novalite.network.embedded.plane.state import State

Source = Callable[[], State]

BRIDGE_NAME_LENGTH = 14


def bridge_name(prefix: str, network_id: str) -> str:
    """The bridge of a network; ``prefix`` is [embedded]device_prefix."""
    return f"{prefix}{network_id}"[:BRIDGE_NAME_LENGTH]


class DataPlane(Protocol):
    def start(self, source: Source) -> None:
        """Bring everything to the state that ``source`` reads from the database, and remove
        what is left of anything else. Raises DependencyUnavailable when this host cannot."""

    def stop(self) -> None:
        """Stop what runs in this process. Guests keep their network."""

    def refresh(self, network_id: str | None = None) -> None:
        """The database has changed: return when the change is in force.

        Raises DependencyUnavailable when it could not be brought about for ``network_id``.
        """

    def binding(self, network_id: str) -> tuple[str, dict[str, Any]]:
        """``binding:vif_type`` and ``binding:vif_details`` of a bound port."""


class NoDataPlane:
    """Records only, for simulated hosts: it says how a port would be plugged."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def start(self, source: Source) -> None:
        pass

    def stop(self) -> None:
        pass

    def refresh(self, network_id: str | None = None) -> None:
        pass

    def binding(self, network_id: str) -> tuple[str, dict[str, Any]]:
        return "bridge", binding_details(self._prefix, network_id)


def binding_details(prefix: str, network_id: str) -> dict[str, Any]:
    return {
        "bridge_name": bridge_name(prefix, network_id),
        "connectivity": "l2",
        "port_filter": True,
    }
