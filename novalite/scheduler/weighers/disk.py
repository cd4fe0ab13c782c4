"""DiskWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class DiskWeigher(Weigher):
    """More free disk first."""

    option = "disk_weight_multiplier"
    default = 1.0

    def weight(self, host: HostState, request: Request) -> float:
        return host.free_disk_gb
