"""AggregateTypeAffinityFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class AggregateTypeAffinityFilter(Filter):
    """A host in an aggregate with ``instance_type`` takes flavors of those names only."""

    def refusal(self, host: HostState, request: Request) -> str | None:
        names = host.aggregate_values("instance_type")
        if not names or request.spec.flavor.name in names:
            return None
        return f"takes flavors {', '.join(sorted(names))} only"
