"""DifferentHostFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class DifferentHostFilter(Filter):
    """None of the servers of the hint ``different_host`` may be there."""

    def applies(self, request: Request) -> bool:
        return bool(request.hint("different_host"))

    def refusal(self, host: HostState, request: Request) -> str | None:
        for server in request.hint("different_host"):
            if request.hosts_of.get(server) == host.host:
                return f"has server {server}"
        return None
