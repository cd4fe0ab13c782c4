"""AggregateMultiTenancyIsolation."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class AggregateMultiTenancyIsolation(Filter):
    """A host in an aggregate with ``filter_tenant_id`` takes the servers of those projects
    only. The key may carry a suffix, for more projects than fit into one value."""

    def refusal(self, host: HostState, request: Request) -> str | None:
        projects: set[str] = set()
        for aggregate in host.aggregates:
            for key, value in aggregate.metadata.items():
                if key.startswith("filter_tenant_id"):
                    projects.update(part.strip() for part in value.split(","))
        if not projects or request.spec.project_id in projects:
            return None
        return "is reserved for other projects"
