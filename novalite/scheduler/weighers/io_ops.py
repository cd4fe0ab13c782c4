"""IoOpsWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class IoOpsWeigher(Weigher):
    """Fewer builds and moves under way first (its multiplier is negative)."""

    option = "io_ops_weight_multiplier"
    default = -1.0
    counts_instances = True

    def weight(self, host: HostState, request: Request) -> float:
        return host.num_io_ops
