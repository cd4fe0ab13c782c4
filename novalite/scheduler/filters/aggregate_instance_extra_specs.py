"""AggregateInstanceExtraSpecsFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.operators import matches
from novalite.scheduler.request import Request

_SCOPE = "aggregate_instance_extra_specs"


class AggregateInstanceExtraSpecsFilter(Filter):
    """The flavor's extra specs, those of the scope and those without one, must be met by the
    host's aggregates."""

    def applies(self, request: Request) -> bool:
        return any(_name(key) for key in request.spec.flavor.extra_specs)

    def refusal(self, host: HostState, request: Request) -> str | None:
        for key, requirement in request.spec.flavor.extra_specs.items():
            name = _name(key)
            if name is None:
                continue
            values = host.aggregate_values(name)
            if not values:
                return f"is in no aggregate with {name}"
            if not any(matches(value, requirement) for value in values):
                return f"{name} is {', '.join(sorted(values))}, wanted {requirement!r}"
        return None


def _name(key: str) -> str | None:
    scope, colon, name = key.partition(":")
    if not colon:
        return key
    return name if scope == _SCOPE else None
