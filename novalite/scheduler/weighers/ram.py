"""RAMWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class RAMWeigher(Weigher):
    """More free memory first."""

    option = "ram_weight_multiplier"
    default = 1.0

    def weight(self, host: HostState, request: Request) -> float:
        return host.free_ram_mb
