"""ServerGroupAffinityFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class ServerGroupAffinityFilter(Filter):
    """A group with the policy affinity: the host must be where the members are."""

    def applies(self, request: Request) -> bool:
        return request.policy() == "affinity" and bool(request.members)

    def refusal(self, host: HostState, request: Request) -> str | None:
        assert request.group is not None
        if request.members[host.host]:
            return None
        return f"has no member of group {request.group.name}"
