"""Bring guests and rows together again: guests without a row, power states that differ.

The row says what the user wants, the hypervisor says what is. A guest that stopped by itself
is stopped in the row too; a guest that runs though its row says stopped is stopped.
"""

import logging
import traceback
from functools import partial

from novalite import states
from novalite.compute.gateway import ConductorLost
from novalite.compute.power import power_state, usable_devices
from novalite.compute.running import Kind, Register
from novalite.compute.workplace import Workplace, remove
from novalite.context import RequestContext, admin_context
from novalite.exception import InstanceNotFound, UnexpectedTaskState
from novalite.objects import Instance, InstanceFault, InstanceStep

LOG = logging.getLogger(__name__)

_DOWN = (states.SHUTDOWN, states.CRASHED)
# In these the power state says nothing about what the user wants.
_LEFT_ALONE = frozenset(
    {states.BUILDING, states.RESCUED, states.RESIZED, states.SUSPENDED, states.ERROR}
)
_MUST_NOT_RUN = frozenset({states.STOPPED, states.SOFT_DELETED, states.SHELVED})


class Reconciler:
    def __init__(self, place: Workplace, register: Register) -> None:
        self._place = place
        self._register = register

    def everything(self, *, known_host: bool = True, at_start: bool = False) -> None:
        """All guests and all rows of this host once.

        ``known_host``: whether the database knew this host before this process came; where it
        did not, a guest that has never had a row is left (it may be the wrong database).
        Raises DependencyUnavailable.
        """
        context = admin_context()
        # The guests first: one that appears in between has its row in the later list.
        guests = self._place.driver.list_instance_uuids()
        rows = {
            row.uuid: row for row in self._place.gateway.instances(context, unfinished_only=False)
        }
        for uuid in guests:
            if uuid in rows:
                continue
            call = partial(self._stranger, context, uuid, known_host)
            self._register.submit(uuid, Kind.PURGE, call)
        for row in rows.values():
            if at_start and self._place.conf.resume_guests_state_on_host_boot:
                self._register.submit(row.uuid, Kind.SYNC, partial(self._resume, context, row.uuid))
            elif row.task_state is None and row.vm_state not in _LEFT_ALONE:
                self._compare(context, row)

    def one(self, instance_uuid: str) -> None:
        """After a lifecycle event."""
        self._register.submit(
            instance_uuid, Kind.SYNC, partial(self._look_again, admin_context(), instance_uuid)
        )

    # ---- guests without a row ----

    def _stranger(self, context: RequestContext, uuid: str, known_host: bool) -> None:
        row = self._row(context, uuid)
        if row is None and not known_host:
            LOG.error(
                "Guest %s is here, but the database knows neither it nor this host of old: is it "
                "the right database? The guest is left alone.",
                uuid,
            )
        elif row is None or row.deleted:
            LOG.warning("Guest %s belongs to a server that was deleted; removing it", uuid)
            gone = row or Instance(uuid=uuid, project_id="", user_id="")
            # Without a row nobody can tell the user's ports from ours: those are left.
            devices = gone.block_devices
            remove(
                self._place,
                context,
                gone,
                gone.network_info,
                ports=row is not None,
                devices=devices,
            )
        elif row.host is None:
            LOG.warning("Guest %s: its server has no host; removing it", uuid)
            remove(self._place, context, row, row.network_info)
        elif row.host != self._place.host:
            self._elsewhere(context, row)

    def _elsewhere(self, context: RequestContext, row: Instance) -> None:
        """Only a build that this host gave back surely left a guest that is not wanted; all
        else may be a host that was renamed, whose guests are dear."""
        tried = (row.scheduling.tried if row.scheduling else None) or []
        if row.vm_state == states.BUILDING or self._place.host in tried:
            LOG.warning("Guest %s was given to %s; removing what is here", row.uuid, row.host)
            remove(self._place, context, row, row.network_info, ports=False)
        else:
            LOG.error("Guest %s is here, but its server is on %s", row.uuid, row.host)

    # ---- power states ----

    def _compare(self, context: RequestContext, row: Instance) -> None:
        """A cheap look; only a difference makes a task."""
        if self._register.busy(row.uuid):
            return
        now = power_state(self._place, row)
        if now != row.power_state or _differs(row, now):
            self._register.submit(row.uuid, Kind.SYNC, partial(self._look_again, context, row.uuid))

    def _look_again(self, context: RequestContext, uuid: str) -> None:
        row = self._row(context, uuid)
        if row is None or row.deleted or row.host != self._place.host:
            return
        if row.task_state is not None:
            return  # a task is coming that will say what the state is
        now = power_state(self._place, row)
        changes: dict[str, object] = {"power_state": now} if now != row.power_state else {}
        if row.vm_state not in _LEFT_ALONE:
            changes |= self._settle(row, now)
        if not changes:
            return
        step = InstanceStep(
            changes=changes, expected_task_state=[None], expected_vm_state=[row.vm_state]
        )
        try:
            self._place.gateway.report(context, uuid, step)
        except (InstanceNotFound, UnexpectedTaskState) as error:
            LOG.debug("Power state of %s: %s", uuid, error)
        except ConductorLost:
            return

    def _settle(self, row: Instance, now: int) -> dict[str, object]:
        """Act on the difference; what to change in the row."""
        uuid = row.uuid
        if row.vm_state == states.ACTIVE:
            if now in _DOWN:
                LOG.warning("Instance %s stopped by itself (power state %s)", uuid, now)
                return {"vm_state": states.STOPPED}
            if now == states.POWER_SUSPENDED:
                LOG.warning("Instance %s is suspended without our order; stopping it", uuid)
                return self._stop(row)
            if now != states.RUNNING:
                LOG.warning("Instance %s is active, but its power state is %s", uuid, now)
        elif row.vm_state == states.PAUSED and now in _DOWN:
            LOG.warning("Instance %s was paused and is down now", uuid)
            return {"vm_state": states.STOPPED}
        elif row.vm_state in _MUST_NOT_RUN and now not in (states.NOSTATE, *_DOWN):
            LOG.warning("Instance %s is %s but runs; stopping it", uuid, row.vm_state)
            settled = self._stop(row)
            return {key: value for key, value in settled.items() if key == "power_state"}
        return {}

    def _stop(self, row: Instance) -> dict[str, object]:
        self._place.driver.power_off(row)
        return {"vm_state": states.STOPPED, "power_state": power_state(self._place, row)}

    # ---- the host came back ----

    def _resume(self, context: RequestContext, uuid: str) -> None:
        """[DEFAULT]resume_guests_state_on_host_boot: what ran shall run."""
        row = self._row(context, uuid)
        wanted = (
            row is not None
            and not row.deleted
            and row.host == self._place.host
            and row.vm_state == states.ACTIVE
            and row.task_state is None
            and row.power_state == states.RUNNING
        )
        if row is None or not wanted or power_state(self._place, row) == states.RUNNING:
            return self._look_again(context, uuid)
        LOG.info("Instance %s ran before this host went down; starting it", uuid)
        try:
            disks, updates = usable_devices(self._place, context, row)
            self._place.driver.power_on(row, row.network_info or [], disks)
            if updates:
                step = InstanceStep(block_devices=updates)
                self._place.gateway.report(context, uuid, step)
        except Exception as error:
            LOG.exception("Instance %s could not be started again", uuid)
            self._report_error(context, row, error)
        return None

    def _report_error(self, context: RequestContext, row: Instance, error: Exception) -> None:
        step = InstanceStep(
            changes={"vm_state": states.ERROR, "power_state": power_state(self._place, row)},
            expected_task_state=[None],
            expected_vm_state=[states.ACTIVE],
            fault=InstanceFault(
                instance_uuid=row.uuid,
                code=getattr(error, "code", 500),
                message=str(error) or type(error).__name__,
                details="".join(traceback.format_exception(error)),
                host=self._place.host,
            ),
        )
        try:
            self._place.gateway.report(context, row.uuid, step)
        except (InstanceNotFound, UnexpectedTaskState, ConductorLost) as told:
            LOG.warning("The failed start of instance %s is untold: %s", row.uuid, told)

    def _row(self, context: RequestContext, uuid: str) -> Instance | None:
        return self._place.gateway.instance(context, uuid)


def _differs(row: Instance, now: int) -> bool:
    if row.vm_state == states.ACTIVE:
        return now in (*_DOWN, states.POWER_SUSPENDED)
    if row.vm_state == states.PAUSED:
        return now in _DOWN
    return row.vm_state in _MUST_NOT_RUN and now not in (states.NOSTATE, *_DOWN)
