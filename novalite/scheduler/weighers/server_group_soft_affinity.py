"""ServerGroupSoftAffinityWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class ServerGroupSoftAffinityWeigher(Weigher):
    """A group with the policy soft-affinity: where more of its members are, first."""

    option = "soft_affinity_weight_multiplier"
    default = 1.0

    def applies(self, request: Request) -> bool:
        return request.policy() == "soft-affinity"

    def weight(self, host: HostState, request: Request) -> float:
        return request.members[host.host]
