"""MetricsWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class MetricsWeigher(Weigher):
    """The sum of what the host reports, each times its ratio of [metrics]weight_setting. A host
    that does not report all weighs weight_of_unavailable, unless [metrics]required has the
    filter of the same name refuse it."""

    option = "weight_multiplier"

    def applies(self, request: Request) -> bool:
        return bool(self.options.metrics)

    def weight(self, host: HostState, request: Request) -> float:
        reported = host.attribute(["metrics"])
        total = 0.0
        for name, ratio in self.options.metrics.items():
            if name not in reported:
                return self.options.weight_of_unavailable
            total += float(reported[name]) * ratio
        return total
