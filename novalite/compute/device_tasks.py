"""What the row of one volume of a server asks of its host: attach, detach, extend.

The row's ``task_state`` says what is to be done and is taken away when it is; a message only says
when. So each task begins by looking whether its row still asks for it, and may be run again from
its start wherever it was cut off.
"""

import dataclasses
import logging
import traceback
from collections.abc import Callable
from typing import Any

from novalite.compute.gateway import ConductorLost
from novalite.compute.workplace import Workplace
from novalite.context import RequestContext
from novalite.exception import (
    DependencyUnavailable,
    InstanceNotFound,
    InstanceNotOnHost,
    UnexpectedTaskState,
)
from novalite.objects import BlockDevice, Instance, InstanceFault, InstanceStep
from novalite.objects.block_device import ATTACHING, DETACHING, EXTENDING

LOG = logging.getLogger(__name__)

ATTACH_EVENT = "compute_attach_volume"
DETACH_EVENT = "compute_detach_volume"
EXTEND_EVENT = "compute_extend_volume"

GIB = 1 << 30


def attach(place: Workplace, context: RequestContext, instance: Instance, volume_id: str) -> None:
    """On an error it is as if it had never been asked for."""
    kind = _Kind(ATTACH_EVENT, (ATTACHING,), _attach, _attach_failed)
    _carry_out(place, context, instance, volume_id, kind)


def detach(place: Workplace, context: RequestContext, instance: Instance, volume_id: str) -> None:
    """On an error the server has the volume as before."""
    kind = _Kind(DETACH_EVENT, (DETACHING,), _detach, _detach_failed)
    _carry_out(place, context, instance, volume_id, kind)


def extend(place: Workplace, context: RequestContext, instance: Instance, volume_id: str) -> None:
    """To the size that the volume service says it has."""
    # A sender that did not mark the row may be right nevertheless.
    kind = _Kind(EXTEND_EVENT, (EXTENDING, None), _extend, _extend_failed)
    _carry_out(place, context, instance, volume_id, kind)


@dataclasses.dataclass(frozen=True, slots=True)
class _Task:
    place: Workplace
    context: RequestContext
    row: Instance
    device: BlockDevice

    def report(self, **step: Any) -> None:
        self.place.gateway.report(self.context, self.row.uuid, InstanceStep(**step))

    def update(self, **columns: Any) -> list[dict[str, Any]]:
        return [{"uuid": self.device.uuid, **columns}]


@dataclasses.dataclass(frozen=True, slots=True)
class _Kind:
    """``act`` and ``undo`` answer what there is to report at the end."""

    event: str
    task_states: tuple[str | None, ...]
    act: Callable[[_Task], InstanceStep]
    undo: Callable[[_Task], InstanceStep]


def _carry_out(
    place: Workplace, context: RequestContext, instance: Instance, volume_id: str, kind: _Kind
) -> None:
    event = kind.event
    try:
        row = place.gateway.instance(context, instance.uuid)
        device = _asked(row, place.host, volume_id, kind.task_states)
        if device is None:
            LOG.info("%s of instance %s is not wanted (any more)", event, instance.uuid)
            return
        assert row is not None
        place.gateway.report(context, row.uuid, InstanceStep(start_event=event))
        task = _Task(place, context, row, device)
        try:
            last = kind.act(task)
        except (ConductorLost, DependencyUnavailable):
            raise
        except Exception as error:
            LOG.warning("%s of instance %s failed", event, row.uuid, exc_info=error)
            last = _with_fault(kind.undo(task), place.host, row.uuid, error)
        last.finish_event = event
        place.gateway.report(context, row.uuid, last)
    except (InstanceNotFound, UnexpectedTaskState) as error:
        LOG.info("%s of instance %s was overtaken: %s", event, instance.uuid, error)
    except (ConductorLost, DependencyUnavailable) as error:
        LOG.error("%s of instance %s rests until a sweep: %s", event, instance.uuid, error)


def _asked(
    row: Instance | None, host: str, volume_id: str, task_states: tuple[str | None, ...]
) -> BlockDevice | None:
    if row is None or row.deleted or row.host != host:
        return None
    for device in row.block_devices or ():
        if device.volume_id == volume_id and device.task_state in task_states:
            return device
    return None


def _with_fault(
    step: InstanceStep, host: str, instance_uuid: str, error: Exception
) -> InstanceStep:
    step.result = "Error"
    step.message = str(error) or type(error).__name__
    step.traceback = "".join(traceback.format_exception(error))
    step.fault = InstanceFault(
        instance_uuid, getattr(error, "code", 500), step.message, step.traceback, host
    )
    return step


# ---- attach ----


def _attach(task: _Task) -> InstanceStep:
    place, row = task.place, task.row
    device = place.volumes.connect(task.context, row, task.device)
    # Before the guest has it: whoever takes it away after a crash must know how it came.
    task.report(
        block_devices=task.update(
            attachment_id=device.attachment_id,
            connection_info=device.connection_info,
            volume_size=device.volume_size,
        )
    )
    place.driver.attach_volume(row, device)
    place.volumes.complete(task.context, row, device)
    LOG.info("Instance %s has volume %s as %s", row.uuid, device.volume_id, device.device_name)
    return InstanceStep(block_devices=task.update(task_state=None))


def _attach_failed(task: _Task) -> InstanceStep:
    """A guest that will not let go keeps the row, which asks for a detachment from now on."""
    row = task.place.gateway.instance(task.context, task.row.uuid)
    known = _asked(row, task.place.host, str(task.device.volume_id), (ATTACHING,)) or task.device
    if not _taken_away(task, known):
        return InstanceStep(block_devices=task.update(task_state=DETACHING))
    task.place.volumes.disconnect(task.context, task.row, known)
    return InstanceStep(removed_devices=[str(task.device.uuid)])


def _taken_away(task: _Task, device: BlockDevice) -> bool:
    if device.connection_info is None:
        return True
    try:
        task.place.driver.detach_volume(task.row, device)
    except InstanceNotOnHost:
        return True
    except (ConductorLost, DependencyUnavailable):
        raise
    except Exception:
        LOG.exception("Instance %s keeps volume %s", task.row.uuid, device.volume_id)
        return False
    return True


# ---- detach ----


def _detach(task: _Task) -> InstanceStep:
    place, row, device = task.place, task.row, task.device
    if device.connection_info is not None:
        place.driver.detach_volume(row, device)
    place.volumes.disconnect(task.context, row, device)
    LOG.info("Instance %s has volume %s no longer", row.uuid, device.volume_id)
    return InstanceStep(removed_devices=[str(device.uuid)])


def _detach_failed(task: _Task) -> InstanceStep:
    task.place.volumes.keep(task.context, task.row, task.device)
    return InstanceStep(block_devices=task.update(task_state=None))


# ---- extend ----


def _extend(task: _Task) -> InstanceStep:
    place, row, device = task.place, task.row, task.device
    size = place.volumes.size(task.context, row, device)
    place.driver.extend_volume(row, device, size * GIB)
    LOG.info("Volume %s of instance %s has %d GiB now", device.volume_id, row.uuid, size)
    return InstanceStep(block_devices=task.update(task_state=None, volume_size=size))


def _extend_failed(task: _Task) -> InstanceStep:
    return InstanceStep(block_devices=task.update(task_state=None))
