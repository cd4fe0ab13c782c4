"""MetricsFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class MetricsFilter(Filter):
    """The host must report every metric of [metrics]weight_setting."""

    def applies(self, request: Request) -> bool:
        return bool(self.options.metrics)

    def refusal(self, host: HostState, request: Request) -> str | None:
        reported = host.attribute(["metrics"])
        missing = sorted(name for name in self.options.metrics if name not in reported)
        return f"does not report {', '.join(missing)}" if missing else None
