"""IoOpsFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class IoOpsFilter(Filter):
    """Fewer than max_io_ops_per_host servers may be being built or moved there."""

    counts_instances = True

    def limit(self, host: HostState) -> int:
        return self.options.max_io_ops_per_host

    def refusal(self, host: HostState, request: Request) -> str | None:
        limit = self.limit(host)
        if host.num_io_ops < limit:
            return None
        return f"has {host.num_io_ops} I/O operations, at most {limit} are allowed"


class AggregateIoOpsFilter(IoOpsFilter):
    """The same; the lowest ``max_io_ops_per_host`` of its aggregates goes first."""

    def limit(self, host: HostState) -> int:
        return host.aggregate_number("max_io_ops_per_host", self.options.max_io_ops_per_host)
