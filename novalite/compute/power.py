"""Stop, start and reboot."""

import logging
import traceback
from collections.abc import Callable
from typing import Any

from novalite import states
from novalite.compute.gateway import ConductorLost
from novalite.compute.workplace import Workplace
from novalite.context import RequestContext
from novalite.exception import (
    InstanceNotFound,
    InstanceNotOnHost,
    UnexpectedTaskState,
)
from novalite.objects import BlockDevice, Instance, InstanceFault, InstanceStep

LOG = logging.getLogger(__name__)

STOP_EVENT = "compute_stop_instance"
START_EVENT = "compute_start_instance"
REBOOT_EVENT = "compute_reboot_instance"

SOFT_TASKS: list[str | None] = [
    states.REBOOTING,
    states.REBOOT_PENDING,
    states.REBOOT_STARTED,
]
Outcome = tuple[dict[str, Any], list[dict[str, Any]]]
"""Columns of the instance's row, and columns of its devices' rows, to be changed."""

HARD_TASKS: list[str | None] = [
    states.REBOOTING_HARD,
    states.REBOOT_PENDING_HARD,
    states.REBOOT_STARTED_HARD,
]


def stop(
    place: Workplace, context: RequestContext, instance: Instance, clean_shutdown: bool = True
) -> None:
    timeout = _shutdown_timeout(place, instance) if clean_shutdown else 0.0

    def act(row: Instance) -> Outcome:
        place.driver.power_off(row, timeout=timeout)
        return {"vm_state": states.STOPPED, "power_state": power_state(place, row)}, []

    _carry_out(place, context, instance, STOP_EVENT, [states.POWERING_OFF], act)


def start(place: Workplace, context: RequestContext, instance: Instance) -> None:
    def act(row: Instance) -> Outcome:
        disks, updates = usable_devices(place, context, row)
        place.driver.power_on(row, row.network_info or [], disks)
        return {"vm_state": states.ACTIVE, "power_state": power_state(place, row)}, updates

    _carry_out(place, context, instance, START_EVENT, [states.POWERING_ON], act)


def reboot(place: Workplace, context: RequestContext, instance: Instance, hard: bool) -> None:
    expected = HARD_TASKS if hard else SOFT_TASKS
    begun = states.REBOOT_STARTED_HARD if hard else states.REBOOT_STARTED

    def act(row: Instance) -> Outcome:
        disks, updates = usable_devices(place, context, row)
        _reboot_guest(place, row, disks, hard=hard)
        return {"vm_state": states.ACTIVE, "power_state": power_state(place, row)}, updates

    _carry_out(place, context, instance, REBOOT_EVENT, expected, act, begun=begun)


def _reboot_guest(place: Workplace, row: Instance, disks: list[BlockDevice], *, hard: bool) -> None:
    network_info = row.network_info or []
    if not hard and power_state(place, row) == states.RUNNING:
        try:
            place.driver.reboot(row, network_info, disks, hard=False)
            return
        except Exception:
            LOG.warning(
                "Instance %s does not reboot softly; rebooting it hard", row.uuid, exc_info=True
            )
    # A guest that does not run cannot be asked: also a soft reboot is a hard one then.
    place.driver.reboot(row, network_info, disks, hard=True)


def _carry_out(
    place: Workplace,
    context: RequestContext,
    instance: Instance,
    event: str,
    expected: list[str | None],
    act: Callable[[Instance], Outcome],
    begun: str | None = None,
) -> None:
    """Two compare-and-swaps around ``act``, which answers what to change at the end. A
    message that comes late or twice fails the first of them, and nothing happens."""
    first = InstanceStep(
        changes={"task_state": begun} if begun else {},
        expected_task_state=expected,
        start_event=event,
        load=[] if event == STOP_EVENT else ["block_devices"],
    )
    try:
        row = place.gateway.step(context, instance.uuid, first)
    except (InstanceNotFound, UnexpectedTaskState) as error:
        LOG.info("%s of instance %s is not wanted: %s", event, instance.uuid, error)
        return
    except ConductorLost:
        return
    try:
        changes, devices = act(row)
    except ConductorLost:
        return
    except Exception as error:
        last = _failure(place, row, event, expected, error)
    else:
        last = InstanceStep(
            changes={**changes, "task_state": None},
            expected_task_state=expected,
            block_devices=devices,
            finish_event=event,
        )
    try:
        place.gateway.report(context, instance.uuid, last)
    except (InstanceNotFound, UnexpectedTaskState) as error:
        LOG.info("%s of instance %s was overtaken: %s", event, instance.uuid, error)
    except ConductorLost:
        LOG.error("The end of %s of instance %s is untold until a sweep", event, instance.uuid)


def _failure(
    place: Workplace,
    row: Instance,
    event: str,
    expected: list[str | None],
    error: Exception,
) -> InstanceStep:
    """The server is what it was before, and a fault says why. After a reboot that left no
    running guest, though, it is in ERROR."""
    LOG.warning("%s of instance %s failed", event, row.uuid, exc_info=error)
    changes: dict[str, Any] = {"task_state": None}
    try:
        now = power_state(place, row)
        changes["power_state"] = now
        if event == REBOOT_EVENT and now != states.RUNNING:
            changes["vm_state"] = states.ERROR
    except Exception:
        LOG.warning("The power state of instance %s is unknown", row.uuid, exc_info=True)
    details = "".join(traceback.format_exception(error))
    return InstanceStep(
        changes=changes,
        expected_task_state=expected,
        finish_event=event,
        result="Error",
        message=str(error),
        traceback=details,
        fault=InstanceFault(
            instance_uuid=row.uuid,
            code=getattr(error, "code", 500),
            message=str(error) or type(error).__name__,
            details=details,
            host=place.host,
        ),
    )


def power_state(place: Workplace, instance: Instance) -> int:
    """NOSTATE for a guest that is not there."""
    try:
        return place.driver.get_info(instance).power_state
    except InstanceNotOnHost:
        return states.NOSTATE


def usable_devices(
    place: Workplace, context: RequestContext, row: Instance
) -> tuple[list[BlockDevice], list[dict[str, Any]]]:
    """What a guest is started with, volumes as they are reached now; and what that changes in the
    rows. A volume that is only just being attached is given to the guest by that task."""
    devices = [d for d in row.block_devices or () if not d.is_volume or d.connection_info]
    if not any(device.is_volume for device in devices):
        return devices, []
    return place.volumes.refreshed(context, row, devices)


def _shutdown_timeout(place: Workplace, instance: Instance) -> float:
    """Seconds; an image may know better than the host how long its system takes."""
    wish = (instance.system_metadata or {}).get("image_os_shutdown_timeout")
    try:
        return max(0.0, float(wish)) if wish else float(place.conf.shutdown_timeout)
    except ValueError:
        return float(place.conf.shutdown_timeout)
