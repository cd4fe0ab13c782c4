"""ServerGroupSoftAntiAffinityWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class ServerGroupSoftAntiAffinityWeigher(Weigher):
    """A group with the policy soft-anti-affinity: where fewer of its members are, first."""

    option = "soft_anti_affinity_weight_multiplier"
    default = 1.0

    def applies(self, request: Request) -> bool:
        return request.policy() == "soft-anti-affinity"

    def weight(self, host: HostState, request: Request) -> float:
        return -request.members[host.host]
