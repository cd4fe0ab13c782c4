"""libvirt's lifecycle events in the contract's terms."""

import logging
from collections.abc import Callable

import libvirt

from novalite.virt.driver import LifecycleEvent, Transition
from novalite.virt.libvirt.native import Handover

LOG = logging.getLogger(__name__)

_TRANSITIONS = {
    libvirt.VIR_DOMAIN_EVENT_STARTED: Transition.STARTED,
    libvirt.VIR_DOMAIN_EVENT_STOPPED: Transition.STOPPED,
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED: Transition.PAUSED,
    libvirt.VIR_DOMAIN_EVENT_RESUMED: Transition.RESUMED,
    libvirt.VIR_DOMAIN_EVENT_PMSUSPENDED: Transition.SUSPENDED,
    libvirt.VIR_DOMAIN_EVENT_CRASHED: Transition.CRASHED,
}


def transition_of(event: int, detail: int) -> Transition | None:
    """None for what changes no power state (defined, undefined, shutting down...)."""
    if event == libvirt.VIR_DOMAIN_EVENT_STOPPED:
        if detail == libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED:
            return Transition.CRASHED
        if detail == libvirt.VIR_DOMAIN_EVENT_STOPPED_SAVED:
            return Transition.SUSPENDED
    return _TRANSITIONS.get(event)


class Events:
    """Takes events from libvirt's thread and gives them to ``emit`` in their order."""

    def __init__(self, emit: Callable[[LifecycleEvent], None]) -> None:
        self._emit = emit
        self._handover = Handover(self._deliver, "libvirt-events")

    def received(self, uuid: str, event: int, detail: int) -> None:
        self._handover.put((uuid, event, detail))

    def close(self) -> None:
        self._handover.close()

    def _deliver(self, item: tuple[str, int, int]) -> None:
        uuid, event, detail = item
        transition = transition_of(event, detail)
        if transition is not None:
            LOG.debug("Guest %s: %s", uuid, transition.value)
            self._emit(LifecycleEvent(uuid, transition))
