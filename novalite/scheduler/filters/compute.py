"""ComputeFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class ComputeFilter(Filter):
    """The compute service must be enabled and alive."""

    def refusal(self, host: HostState, request: Request) -> str | None:
        service = host.service
        if service is None:
            return "has no compute service"
        if service.disabled:
            return f"is disabled: {service.disabled_reason or 'no reason given'}"
        if service.forced_down:
            return "was forced down"
        if not host.is_up:
            if host.silence is None:
                return "never reported"
            return f"is down: last heartbeat {host.silence:.0f} s ago"
        return None
