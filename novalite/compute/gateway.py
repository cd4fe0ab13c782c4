"""The conductor as the tasks of one host see it: with this host's name, and with patience.

A conductor or broker that does not answer is asked again with growing pauses. A repeated
call is safe because each write is a compare-and-swap whose expectation includes its own
outcome, or is idempotent by itself.
"""

import logging
import random
import threading
from collections.abc import Callable
from typing import TypeVar

from novalite.clock import Clock
from novalite.context import RequestContext
from novalite.exception import DependencyUnavailable
from novalite.objects import BuildWork, ComputeNode, Instance, InstanceStep, Service
from novalite.rpc.conductor import ConductorAPI

LOG = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
PATIENCE = 120.0
"""Seconds for which a task repeats a call before it gives up and leaves its work to a sweep."""


class ConductorLost(Exception):
    """Nobody answered for all of the patience. Whoever meets it stops where it is and undoes
    nothing: the rows still say what is to be done, and the sweep will find it."""


class Gateway:
    """``stopping`` ends all patience."""

    def __init__(
        self,
        conductor: ConductorAPI,
        host: str,
        clock: Clock,
        stopping: threading.Event,
        patience: float = PATIENCE,
    ) -> None:
        self.conductor = conductor
        self.host = host
        self._clock = clock
        self._stopping = stopping
        self._patience = patience

    def patiently(self, what: str, call: Callable[[], T]) -> T:
        """Raises ConductorLost."""
        deadline = self._clock.monotonic() + self._patience
        pause = FIRST_PAUSE
        while True:
            try:
                return call()
            except DependencyUnavailable as error:
                left = deadline - self._clock.monotonic()
                if left <= 0 or self._stopping.is_set():
                    LOG.error("Given up: %s: %s", what, error)
                    raise ConductorLost(what) from error
                LOG.warning("%s: %s; trying again", what, error)
            # Many hosts must not come back in step.
            self._stopping.wait(min(left, pause * random.uniform(0.5, 1.0)))
            pause = min(pause * 2, LONGEST_PAUSE)

    # ---- for tasks: with patience ----

    def step(self, context: RequestContext, instance_uuid: str, step: InstanceStep) -> Instance:
        """The row after it."""
        row = self._step(context, instance_uuid, step)
        assert row is not None
        return row

    def report(self, context: RequestContext, instance_uuid: str, step: InstanceStep) -> None:
        """The same, for who has no use for the row."""
        step.answered = False
        self._step(context, instance_uuid, step)

    def _step(
        self, context: RequestContext, instance_uuid: str, step: InstanceStep
    ) -> Instance | None:
        return self.patiently(
            f"report on instance {instance_uuid}",
            lambda: self.conductor.instance_step(context, self.host, instance_uuid, step),
        )

    def destroyed(self, context: RequestContext, instance_uuid: str, event: str | None) -> None:
        self.patiently(
            f"report the end of instance {instance_uuid}",
            lambda: self.conductor.instance_destroyed(
                context, self.host, instance_uuid, finish_event=event
            ),
        )

    def instance(self, context: RequestContext, instance_uuid: str) -> Instance | None:
        """Also one that is deleted or another host's; None when no row tells of it."""
        return self.patiently(
            f"read instance {instance_uuid}",
            lambda: self.conductor.instance_get(context, self.host, instance_uuid),
        )

    def build_work(self, context: RequestContext, instance_uuid: str) -> BuildWork | None:
        return self.patiently(
            f"read the work on instance {instance_uuid}",
            lambda: self.conductor.build_work(context, self.host, instance_uuid),
        )

    def reschedule(
        self,
        context: RequestContext,
        instance_uuid: str,
        reason: str,
        admin_password: str | None,
        *,
        abort: bool,
    ) -> None:
        self.patiently(
            f"hand back instance {instance_uuid}",
            lambda: self.conductor.reschedule_build(
                context,
                instance_uuid,
                self.host,
                reason,
                admin_password=admin_password,
                abort=abort,
            ),
        )

    # ---- for periodic work, which comes again by itself: without ----

    def instances(self, context: RequestContext, *, unfinished_only: bool) -> list[Instance]:
        return self.conductor.instances_on_host(context, self.host, unfinished_only=unfinished_only)

    def heartbeat(self, context: RequestContext, binary: str, topic: str, version: int) -> Service:
        return self.conductor.service_heartbeat(context, self.host, binary, topic, version)

    def node_report(self, context: RequestContext, node: ComputeNode) -> ComputeNode:
        return self.conductor.node_report(context, self.host, node)

    def orphan_allocations(self, context: RequestContext) -> int:
        return self.conductor.orphan_allocations(context, self.host)
