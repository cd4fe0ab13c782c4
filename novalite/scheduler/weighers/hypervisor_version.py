"""HypervisorVersionWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class HypervisorVersionWeigher(Weigher):
    """Newer hypervisors first."""

    option = "hypervisor_version_weight_multiplier"
    default = 1.0

    def weight(self, host: HostState, request: Request) -> float:
        return host.node.hypervisor_version
