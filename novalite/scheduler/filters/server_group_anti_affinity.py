"""ServerGroupAntiAffinityFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class ServerGroupAntiAffinityFilter(Filter):
    """A group with the policy anti-affinity: at most max_server_per_host members on a host."""

    def applies(self, request: Request) -> bool:
        return request.policy() == "anti-affinity"

    def refusal(self, host: HostState, request: Request) -> str | None:
        assert request.group is not None
        if request.hosts_of.get(request.spec.instance_uuid) == host.host:
            return None
        most = int(request.group.rules.get("max_server_per_host", 1))
        count = request.members[host.host]
        if count < most:
            return None
        return f"has {count} members of group {request.group.name}, at most {most} are allowed"
