"""What every task on this host needs at hand."""

import dataclasses
import threading

from oslo_config import cfg

from novalite.clock import Clock
from novalite.compute.gateway import Gateway
from novalite.compute.volumes import Volumes
from novalite.context import RequestContext
from novalite.network.allocation import Allocator
from novalite.objects import VIF, BlockDevice, Instance
from novalite.virt.driver import ComputeDriver


@dataclasses.dataclass(slots=True)
class Workplace:
    """``failed_builds``: builds in a row that failed here; the scheduler shuns such hosts."""

    conf: cfg.ConfigOpts
    host: str
    driver: ComputeDriver
    gateway: Gateway
    allocator: Allocator
    volumes: Volumes
    clock: Clock
    stopping: threading.Event
    failed_builds: int = 0


def in_request(context: RequestContext, request_id: str | None) -> RequestContext:
    """``context`` under the request id of the promise that is being kept, also for the log."""
    if not request_id or request_id == context.request_id:
        return context
    made = RequestContext.from_dict({**context.to_dict(), "request_id": request_id})
    made.update_store()
    return made


def users_ports(network_info: list[VIF] | None) -> list[str]:
    """Ports that the user brought, which are only unbound when the server goes."""
    return [vif.id for vif in network_info or () if not vif.created_by_us]


def remove(
    place: Workplace,
    context: RequestContext,
    instance: Instance,
    network_info: list[VIF] | None,
    *,
    ports: bool = True,
    devices: list[BlockDevice] | None = None,
) -> None:
    """The guest, its disks and, with ``ports``, what it has of the network; attachments of
    ``devices`` and those of their volumes that are to end with it. Raises the driver's, the
    network's and the volume service's errors; may be repeated."""
    place.driver.destroy(instance, network_info or [])
    if ports:
        place.allocator.deallocate(context, instance, users_ports(network_info))
    place.volumes.release(context, instance, devices or [], for_ever=True)
