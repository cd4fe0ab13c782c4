"""CPUWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class CPUWeigher(Weigher):
    """More free vCPUs first."""

    option = "cpu_weight_multiplier"
    default = 1.0

    def weight(self, host: HostState, request: Request) -> float:
        return host.free_vcpus
