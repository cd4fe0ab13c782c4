"""SameHostFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class SameHostFilter(Filter):
    """One of the servers of the hint ``same_host`` must be there."""

    def applies(self, request: Request) -> bool:
        return bool(request.hint("same_host"))

    def refusal(self, host: HostState, request: Request) -> str | None:
        servers = request.hint("same_host")
        if any(request.hosts_of.get(server) == host.host for server in servers):
            return None
        return f"has none of the servers {', '.join(servers)}"
