"""End one server: its guest, its disks, its ports, its row."""

import logging
import traceback

from novalite import states
from novalite.compute.gateway import ConductorLost
from novalite.compute.workplace import Workplace, remove
from novalite.context import RequestContext
from novalite.exception import DependencyUnavailable, InstanceNotFound, UnexpectedTaskState
from novalite.objects import Instance, InstanceFault, InstanceStep

LOG = logging.getLogger(__name__)

EVENT = "compute_terminate_instance"

_DELETING: list[str | None] = [states.DELETING, states.SOFT_DELETING]


def run(place: Workplace, context: RequestContext, instance: Instance) -> None:
    """Never raises for what may happen to a delete; its end is in the row."""
    try:
        row = place.gateway.step(
            context,
            instance.uuid,
            InstanceStep(expected_task_state=_DELETING, start_event=EVENT, load=["block_devices"]),
        )
    except InstanceNotFound:
        _leftover(place, context, instance)
        return
    except UnexpectedTaskState as error:
        LOG.warning("Instance %s is not to be deleted: %s", instance.uuid, error)
        return
    except ConductorLost:
        return
    try:
        # The row's view, not the message's: a build may have added to it since.
        remove(place, context, row, row.network_info, devices=row.block_devices)
        place.gateway.destroyed(context, instance.uuid, EVENT)
        LOG.info("Instance %s is gone", instance.uuid)
    except ConductorLost:
        LOG.error("The end of instance %s is untold until a sweep", instance.uuid)
    except DependencyUnavailable as error:
        # The user was promised this; it is tried again by every sweep until it works.
        LOG.warning("Instance %s cannot be deleted yet: %s", instance.uuid, error)
    except Exception as error:
        _failed(place, context, instance, error)


def _failed(
    place: Workplace, context: RequestContext, instance: Instance, error: Exception
) -> None:
    """ERROR with a fault; deleting again starts anew."""
    LOG.exception("Deleting instance %s failed", instance.uuid)
    details = "".join(traceback.format_exception(error))
    step = InstanceStep(
        changes={"vm_state": states.ERROR, "task_state": None},
        expected_task_state=[*_DELETING, None],
        finish_event=EVENT,
        result="Error",
        message=str(error),
        traceback=details,
        fault=InstanceFault(
            instance_uuid=instance.uuid,
            code=getattr(error, "code", 500),
            message=str(error) or type(error).__name__,
            details=details,
            host=place.host,
        ),
    )
    try:
        place.gateway.report(context, instance.uuid, step)
    except (InstanceNotFound, UnexpectedTaskState, ConductorLost) as told:
        LOG.warning("The failure to delete instance %s is untold: %s", instance.uuid, told)


def _leftover(place: Workplace, context: RequestContext, instance: Instance) -> None:
    """The row is gone already, or is another host's. A guest may still be here: the row can
    have been deleted from elsewhere while this host was thought down."""
    if instance.uuid not in place.driver.list_instance_uuids():
        return
    try:
        row = place.gateway.instance(context, instance.uuid)
        if row is None or row.deleted:
            gone = row or instance
            remove(place, context, gone, gone.network_info, devices=gone.block_devices)
            LOG.info("Instance %s was deleted before; its guest is gone now", instance.uuid)
    except (ConductorLost, DependencyUnavailable) as error:
        LOG.warning("What is left of instance %s stays for now: %s", instance.uuid, error)
