"""What neighbours say of servers of this host. An event is a hint at where to look.

What waits for an event does not sleep on it: an event makes a task that looks at the neighbour
and at the row, and the same is found by whoever looks later when the event got lost.
"""

import logging
from typing import Any

from novalite.compute.gateway import ConductorLost
from novalite.compute.workplace import Workplace, users_ports
from novalite.context import RequestContext
from novalite.exception import DependencyUnavailable, InstanceNotFound, UnexpectedTaskState
from novalite.objects import Instance, InstanceStep

LOG = logging.getLogger(__name__)

NETWORK_EVENTS = frozenset(
    {
        "network-changed",
        "network-vif-plugged",
        "network-vif-unplugged",
        "network-vif-deleted",
    }
)
VOLUME_EXTENDED = "volume-extended"


def concerns_network(event: dict[str, Any]) -> bool:
    return event.get("name") in NETWORK_EVENTS


def concerns_volume(event: dict[str, Any]) -> bool:
    return event.get("name") == VOLUME_EXTENDED and bool(event.get("tag"))


def refresh_network(place: Workplace, context: RequestContext, instance: Instance) -> None:
    """The row's view of the server's ports, as the network service has them now."""
    try:
        row = place.gateway.instance(context, instance.uuid)
        if row is None or row.deleted or row.host != place.host or row.task_state == "deleting":
            return
        known = row.network_info or []
        fresh = place.allocator.info(context, row, users_ports(known), known)
        if fresh == known:
            return
        step = InstanceStep(
            changes={"network_info": fresh},
            expected_task_state=[row.task_state],
            expected_vm_state=[row.vm_state],
        )
        place.gateway.report(context, row.uuid, step)
        LOG.info("Instance %s: its network is noted anew", row.uuid)
    except (InstanceNotFound, UnexpectedTaskState) as error:
        LOG.info("Network of instance %s: %s", instance.uuid, error)
    except (ConductorLost, DependencyUnavailable) as error:
        LOG.warning("Network of instance %s is not refreshed: %s", instance.uuid, error)
