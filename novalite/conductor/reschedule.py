"""A host could not build a server: the next one, or the end.

The instance's row says how far it came (``scheduling``), so that nothing depends on the message:
the host reports again when its report was lost. Moving to another host is one transaction: claim
there, release here, host and node changed, only if the instance is still building on the host
that reports.
"""

import logging

from oslo_config import cfg
from sqlalchemy import Connection

from novalite import states
from novalite.clock import Clock
from novalite.conductor.cells import Cells
from novalite.conductor.records import build_work
from novalite.context import RequestContext
from novalite.db.api_database import request_specs
from novalite.db.cell_database import (
    allocations,
    instance_actions,
    instance_faults,
    instances,
    services,
)
from novalite.exception import (
    ComputeHostNotFound,
    InstanceNotFound,
    MessagingUnavailable,
    NoValidHost,
    UnexpectedTaskState,
)
from novalite.objects import Instance, InstanceFault, RequestSpec, Scheduling, Selection
from novalite.rpc.compute import ComputeAPI
from novalite.rpc.scheduler import SchedulerAPI

LOG = logging.getLogger(__name__)

_BUILDING = [states.BUILDING]


class Rescheduler:
    def __init__(
        self,
        cells: Cells,
        clock: Clock,
        conf: cfg.ConfigOpts,
        scheduler: SchedulerAPI,
        compute: ComputeAPI,
    ) -> None:
        self._cells = cells
        self._clock = clock
        self._max_attempts: int = conf.scheduler.max_attempts
        self._down_after: float = conf.service_down_time
        self._scheduler = scheduler
        self._compute = compute

    def reschedule(
        self,
        context: RequestContext,
        instance_uuid: str,
        host: str,
        reason: str,
        admin_password: str | None,
        abort: bool,
    ) -> None:
        """Raises DatabaseUnavailable and MessagingUnavailable; the host then asks again."""
        with self._cells.of_host(host).read() as conn:
            instance = _building_on(conn, instance_uuid, host)
        if instance is None:
            LOG.info("%s reports %s, which it does not build any more", host, instance_uuid)
            return
        LOG.warning("%s could not build %s: %s", host, instance_uuid, reason)
        try:
            if not abort and self._next_host(context, instance, host, reason, admin_password):
                return
            self._end(context, instance, host, reason, abort)
        except (InstanceNotFound, UnexpectedTaskState) as error:
            LOG.info("%s is not to be built any more: %s", instance_uuid, error)

    def _next_host(
        self,
        context: RequestContext,
        instance: Instance,
        host: str,
        reason: str,
        admin_password: str | None,
    ) -> bool:
        """Whether it was sent to another host."""
        scheduling = _after(instance.scheduling, host)
        if scheduling.attempts > self._max_attempts:
            return False
        with self._cells.api.read() as conn:
            spec = request_specs.get(conn, instance.uuid)
        chosen = self._cells.of_host(host).run(
            lambda conn: self._to_alternate(conn, instance, host, reason, scheduling)
        )
        if chosen is None:
            chosen = self._ask(context, instance, spec, host, reason, scheduling)
        if chosen is None:
            return False
        self._cast(context, chosen, instance.uuid, spec, admin_password)
        return True

    def _to_alternate(
        self,
        conn: Connection,
        instance: Instance,
        host: str,
        reason: str,
        scheduling: Scheduling,
    ) -> Selection | None:
        alternates: list[Selection] = list(scheduling.alternates or [])
        held = allocations.for_instance(conn, instance.uuid)
        amounts = next((h for h in held if h.compute_id == instance.compute_id), None)
        while alternates and amounts is not None:
            chosen = alternates.pop(0)
            if chosen.host in (scheduling.tried or []) or not self._is_up(conn, chosen.host):
                continue
            if allocations.claim(
                conn,
                instance.uuid,
                chosen.compute_id,
                amounts.vcpus,
                amounts.memory_mb,
                amounts.local_gb,
            ):
                rest = Scheduling(scheduling.attempts, scheduling.tried, alternates)
                self._move(conn, instance, host, chosen, reason, rest)
                return chosen
        return None

    def _is_up(self, conn: Connection, host: str) -> bool:
        try:
            service = services.get_by_host(conn, host)
        except ComputeHostNotFound:
            return False
        return not service.disabled and service.is_up(self._clock.now(), self._down_after)

    def _ask(
        self,
        context: RequestContext,
        instance: Instance,
        spec: RequestSpec,
        host: str,
        reason: str,
        scheduling: Scheduling,
    ) -> Selection | None:
        """A new choice within the cell, without the hosts that failed."""
        spec.ignore_hosts = sorted({*spec.ignore_hosts, *(scheduling.tried or [])})
        cell_uuid = self._cells.uuid_of_host(host)
        try:
            [selections] = self._scheduler.select_destinations(context, [spec], cell_uuid)
        except NoValidHost as error:
            LOG.info("no other host for %s: %s", instance.uuid, error)
            return None
        chosen, rest = selections[0], selections[1:]
        found = Scheduling(scheduling.attempts, scheduling.tried, list(rest))
        database = self._cells.cell(cell_uuid)
        try:
            database.run(lambda conn: self._move(conn, instance, host, chosen, reason, found))
        except (InstanceNotFound, UnexpectedTaskState):
            database.run(lambda conn: allocations.release(conn, instance.uuid, chosen.compute_id))
            raise
        return chosen

    def _move(
        self,
        conn: Connection,
        instance: Instance,
        host: str,
        chosen: Selection,
        reason: str,
        scheduling: Scheduling,
    ) -> None:
        """Raises InstanceNotFound and UnexpectedTaskState when there is nothing to move."""
        instances.update(
            conn,
            instance.uuid,
            {
                "host": chosen.host,
                "node": chosen.node,
                "compute_id": chosen.compute_id,
                "availability_zone": chosen.availability_zone,
                "task_state": states.SCHEDULING,
                "scheduling": scheduling,
                "network_info": None,
            },
            expected_task_state=list(states.BUILD_TASKS),
            expected_vm_state=_BUILDING,
            expected_host=host,
        )
        allocations.release(conn, instance.uuid, instance.compute_id)
        self._fault(conn, instance, host, reason)

    def _fault(self, conn: Connection, instance: Instance, host: str, reason: str) -> None:
        fault = InstanceFault(
            instance_uuid=instance.uuid,
            code=500,
            message=reason,
            host=host,
            created_at=self._clock.now(),
        )
        instance_faults.create(conn, fault)

    def _cast(
        self,
        context: RequestContext,
        chosen: Selection,
        instance_uuid: str,
        spec: RequestSpec,
        admin_password: str | None,
    ) -> None:
        with self._cells.cell(chosen.cell_uuid).read() as conn:
            instance = _building_on(conn, instance_uuid, chosen.host)
        if instance is None:
            return
        work = build_work(instance, spec, context.request_id, admin_password)
        try:
            self._compute.build_and_run_instance(context, chosen.host, work)
        except MessagingUnavailable:
            LOG.warning("%s will find %s by itself", chosen.host, instance_uuid)

    def _end(
        self, context: RequestContext, instance: Instance, host: str, reason: str, abort: bool
    ) -> None:
        """ERROR, on no host, with the last reason; the claim goes in the same transaction."""
        text = reason if abort else f"Exceeded maximum number of retries. {reason}"

        def end(conn: Connection) -> None:
            instances.update(
                conn,
                instance.uuid,
                {
                    "vm_state": states.ERROR,
                    "task_state": None,
                    "host": None,
                    "node": None,
                    "compute_id": None,
                    "network_info": None,
                    "scheduling": _after(instance.scheduling, host),
                },
                expected_task_state=list(states.BUILD_TASKS),
                expected_vm_state=_BUILDING,
                expected_host=host,
            )
            allocations.release(conn, instance.uuid)
            self._fault(conn, instance, host, text)
            if context.request_id:
                now = self._clock.now()
                instance_actions.finish(
                    conn, instance.uuid, context.request_id, now, message="Error"
                )

        self._cells.of_host(host).run(end)


def _building_on(conn: Connection, instance_uuid: str, host: str) -> Instance | None:
    try:
        instance = instances.get(conn, instance_uuid)
    except InstanceNotFound:
        return None
    building = instance.vm_state == states.BUILDING and instance.task_state in states.BUILD_TASKS
    return instance if instance.host == host and building else None


def _after(scheduling: Scheduling | None, host: str) -> Scheduling:
    """The same, one attempt later."""
    before = scheduling or Scheduling()
    tried = [*(before.tried or []), host]
    return Scheduling(before.attempts + 1, tried, list(before.alternates or []))
