"""BuildFailureWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class BuildFailureWeigher(Weigher):
    """Hosts whose builds failed of late go last."""

    option = "build_failure_weight_multiplier"
    default = 1000000.0

    def weight(self, host: HostState, request: Request) -> float:
        return -host.failed_builds
