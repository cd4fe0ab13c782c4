"""Look for work that the rows promise and nobody here does, and do it.

So a message may be lost, doubled or late, and this process may have been killed anywhere.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial

from novalite import states
from novalite.clock import Clock
from novalite.compute.gateway import Gateway
from novalite.compute.running import Kind, Register
from novalite.context import admin_context
from novalite.objects import BlockDevice, Instance

LOG = logging.getLogger(__name__)

GRACE = 3.0
"""Seconds for which unfinished work may have a message under way (which for a build carries
the administrator's password, that no row holds)."""

_Sight = tuple[str, str, str | None]
"""What was seen: whose it is, and in which state."""

_TASKS: dict[str, Kind] = {
    states.DELETING: Kind.TERMINATE,
    states.SOFT_DELETING: Kind.TERMINATE,
    states.POWERING_OFF: Kind.STOP,
    states.POWERING_ON: Kind.START,
    states.REBOOTING: Kind.REBOOT,
    states.REBOOT_PENDING: Kind.REBOOT,
    states.REBOOT_STARTED: Kind.REBOOT,
    states.REBOOTING_HARD: Kind.REBOOT,
    states.REBOOT_PENDING_HARD: Kind.REBOOT,
    states.REBOOT_STARTED_HARD: Kind.REBOOT,
}


def kind_of(instance: Instance) -> Kind | None:
    """What the row says is under way; None for nothing, or nothing that is done here."""
    if instance.task_state in _TASKS:
        return _TASKS[instance.task_state]
    if instance.vm_state == states.BUILDING and instance.task_state in states.BUILD_TASKS:
        return Kind.BUILD
    return None


class Sweep:
    """``resume``: starts the task of that kind for an instance; ``resume_device``: what the row of
    one of its volumes asks for. ``grace`` seconds must pass
    between the first sight of unfinished work and its resumption, measured here, since this
    host's clock and the database's may differ."""

    def __init__(
        self,
        gateway: Gateway,
        register: Register,
        clock: Clock,
        resume: Callable[[Instance, Kind], None],
        expire: Callable[[Instance], None],
        *,
        build_timeout: float = 0,
        grace: float = GRACE,
        resume_device: Callable[[Instance, BlockDevice], None] | None = None,
    ) -> None:
        self._gateway = gateway
        self._register = register
        self._clock = clock
        self._resume = resume
        self._expire = expire
        self._resume_device = resume_device
        self._build_timeout = build_timeout
        self.grace = grace
        self._seen: dict[_Sight, float] = {}

    def look(self) -> bool:
        """Once over all. True when something unfinished is too young to be touched yet, so
        that the next look should be soon. Raises DependencyUnavailable."""
        rows = self._gateway.instances(admin_context(), unfinished_only=True)
        now = self._clock.monotonic()
        seen: dict[_Sight, float] = {}
        running = self._register.running()
        for row in rows:
            if self._register.busy(row.uuid):
                self._check_time(row, running.get(row.uuid))
                continue
            for sight, what, resume in self._unfinished(row):
                first = self._seen.get(sight, now)
                if now - first < self.grace:
                    seen[sight] = first
                    continue
                LOG.info("Instance %s: resuming %s", row.uuid, what)
                resume()
        self._seen = seen
        return bool(seen)

    def _unfinished(self, row: Instance) -> Iterator[tuple[_Sight, str, Callable[[], None]]]:
        kind = kind_of(row)
        if kind is not None:
            sight = (row.uuid, row.vm_state, row.task_state)
            yield sight, f"{kind.value} ({row.task_state})", partial(self._resume, row, kind)
        elif row.task_state is not None:
            LOG.debug("Instance %s: %s is not done here", row.uuid, row.task_state)
        elif self._resume_device is not None:
            for device in row.block_devices or ():
                if device.task_state is not None:
                    sight = (row.uuid, device.uuid or "", device.task_state)
                    what = f"{device.task_state} volume {device.volume_id}"
                    yield sight, what, partial(self._resume_device, row, device)

    def _check_time(self, row: Instance, running: tuple[Kind, float] | None) -> None:
        if (
            self._build_timeout
            and running is not None
            and running[0] is Kind.BUILD
            and running[1] > self._build_timeout
        ):
            self._expire(row)
