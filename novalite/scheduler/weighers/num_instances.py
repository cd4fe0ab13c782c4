"""NumInstancesWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class NumInstancesWeigher(Weigher):
    """By the number of servers; off unless it is given a multiplier."""

    option = "num_instances_weight_multiplier"
    default = 0.0
    counts_instances = True

    def weight(self, host: HostState, request: Request) -> float:
        return host.num_instances
