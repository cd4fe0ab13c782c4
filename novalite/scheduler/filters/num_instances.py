"""NumInstancesFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class NumInstancesFilter(Filter):
    """Fewer than max_instances_per_host servers may be there."""

    counts_instances = True

    def limit(self, host: HostState) -> int:
        return self.options.max_instances_per_host

    def refusal(self, host: HostState, request: Request) -> str | None:
        limit = self.limit(host)
        if host.num_instances < limit:
            return None
        return f"has {host.num_instances} servers, at most {limit} are allowed"


class AggregateNumInstancesFilter(NumInstancesFilter):
    """The same; the lowest ``max_instances_per_host`` of its aggregates goes first."""

    def limit(self, host: HostState) -> int:
        return host.aggregate_number("max_instances_per_host", self.options.max_instances_per_host)
