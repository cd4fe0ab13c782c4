"""AggregateImagePropertiesIsolation."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class AggregateImagePropertiesIsolation(Filter):
    """Where a host's aggregates name a property that the image has, the image's value must be
    among theirs."""

    def applies(self, request: Request) -> bool:
        return bool(request.spec.image.properties)

    def refusal(self, host: HostState, request: Request) -> str | None:
        namespace = self.options.isolation_namespace
        prefix = f"{namespace}{self.options.isolation_separator}" if namespace else ""
        properties = request.image_properties()
        for key in {key for aggregate in host.aggregates for key in aggregate.metadata}:
            if not key.startswith(prefix) or key not in properties:
                continue
            allowed = host.aggregate_values(key)
            if properties[key] not in allowed:
                return f"takes images with {key} {', '.join(sorted(allowed))} only"
        return None
