"""The conductor: the tasks that others ask for, and the compute hosts' way to the database.

Thin: each task and each noun has its module. A task returns as soon as it is queued.
"""

import logging

from novalite.conductor.attachments import Attachments
from novalite.conductor.build import Builder
from novalite.conductor.cells import Cells
from novalite.conductor.gateway.actions import Actions
from novalite.conductor.gateway.allocations import Allocations
from novalite.conductor.gateway.block_devices import BlockDevices
from novalite.conductor.gateway.build_work import BuildWorks
from novalite.conductor.gateway.compute_nodes import ComputeNodes
from novalite.conductor.gateway.faults import Faults
from novalite.conductor.gateway.instances import Instances
from novalite.conductor.gateway.services import Services
from novalite.conductor.intake import Cast, Intake
from novalite.conductor.leases import Leases
from novalite.conductor.quota_check import QuotaCheck
from novalite.conductor.reschedule import Rescheduler
from novalite.conductor.sweep import Sweeps
from novalite.conductor.workers import Workers
from novalite.context import RequestContext
from novalite.deployment import Deployment
from novalite.exception import DependencyUnavailable

LOG = logging.getLogger(__name__)


class ConductorManager:
    """Implements ConductorAPI. ``name``: unique among the conductors that run at the same time,
    and the same after a restart, so that the new one takes up what the old one held.

    ``deployment``: databases, scheduler, compute, conf, clock; and volume, if there is one.
    """

    def __init__(self, deployment: Deployment, name: str) -> None:
        assert deployment.databases and deployment.scheduler and deployment.compute
        conf, clock = deployment.conf, deployment.clock
        cells = Cells(deployment.databases)
        self._leases = Leases(cells, clock, name, conf.conductor.build_lease)
        self._workers = Workers(conf.conductor.workers, "conductor")
        builder = Builder(
            cells,
            clock,
            self._leases,
            deployment.scheduler,
            deployment.compute,
            QuotaCheck(cells, conf),
        )
        self._intake = Intake(cells, self._leases, self._workers, builder)
        volume = deployment.volume
        attachments = Attachments(cells, clock, volume) if volume is not None else None
        self._sweeps = Sweeps(cells, clock, conf, name, self._intake, attachments)
        self._rescheduler = Rescheduler(
            cells, clock, conf, deployment.scheduler, deployment.compute
        )
        self._instances = Instances(cells, clock)
        self._actions = Actions(cells, clock)
        works, devices = BuildWorks(cells, clock), BlockDevices(cells)
        # ---- the gateway: see ConductorAPI for each ----
        self.build_work = works.get
        self.instance_get = self._instances.get
        self.instances_on_host = self._instances.on_host
        self.instance_update = self._instances.update
        self.instance_step = self._instances.step
        self.instance_destroyed = self._instances.destroyed
        self.block_devices_update = devices.update
        self.fault_create = Faults(cells, clock).create
        self.action_event_start = self._actions.event_start
        self.action_event_finish = self._actions.event_finish
        self.service_heartbeat = Services(cells, clock, conf).heartbeat
        self.node_report = ComputeNodes(cells, clock).report
        self.orphan_allocations = Allocations(cells, clock).remove_orphans

    def start(self) -> None:
        self._workers.start()
        self._intake.start()
        self._leases.start()
        self._sweeps.start()

    def stop(self) -> None:
        """Ends what is under way; what waits stays in the database, for the next one."""
        self._sweeps.stop()
        self._intake.stop()
        self._workers.stop()
        self._leases.stop()
        try:
            self._leases.give_back_all()
        except DependencyUnavailable:
            LOG.info("the leases run out by themselves")

    def schedule_and_build_instances(
        self,
        context: RequestContext,
        instance_uuids: list[str],
        admin_password: str | None = None,
    ) -> None:
        self._intake.put(Cast(context, instance_uuids, admin_password))

    def reschedule_build(
        self,
        context: RequestContext,
        instance_uuid: str,
        host: str,
        reason: str,
        admin_password: str | None = None,
        abort: bool = False,
    ) -> None:
        def job() -> None:
            context.update_store()
            try:
                self._rescheduler.reschedule(
                    context, instance_uuid, host, reason, admin_password, abort
                )
            except DependencyUnavailable as error:
                LOG.warning("rescheduling %s waits for its host: %s", instance_uuid, error)

        self._workers.submit(job)
