"""TraitsFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class TraitsFilter(Filter):
    """Traits that the flavor or the image requires must be there, forbidden ones must not."""

    def applies(self, request: Request) -> bool:
        return any(_traits(request))

    def refusal(self, host: HostState, request: Request) -> str | None:
        required, forbidden = _traits(request)
        has = set(host.node.traits)
        if missing := required - has:
            return f"lacks {', '.join(sorted(missing))}"
        if present := forbidden & has:
            return f"has the forbidden {', '.join(sorted(present))}"
        return None


def _traits(request: Request) -> tuple[set[str], set[str]]:
    required: set[str] = set()
    forbidden: set[str] = set()
    for source in (request.spec.flavor.extra_specs, request.image_properties()):
        for key, value in source.items():
            if key.startswith("trait:"):
                wanted = required if value == "required" else forbidden
                wanted.add(key.partition(":")[2])
    return required, forbidden
