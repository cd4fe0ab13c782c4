"""ComputeCapabilitiesFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import MISSING, HostState
from novalite.scheduler.operators import matches
from novalite.scheduler.request import Request

_SCOPE = "capabilities"


class ComputeCapabilitiesFilter(Filter):
    """The host's attributes must match the flavor's ``capabilities:`` extra specs, and those
    without a scope that name an attribute of the host."""

    def applies(self, request: Request) -> bool:
        return bool(request.spec.flavor.extra_specs)

    def refusal(self, host: HostState, request: Request) -> str | None:
        for key, requirement in request.spec.flavor.extra_specs.items():
            path = _path(key)
            if path is None:
                continue
            if key == "hw:maxphysaddr_bits":
                requirement = f">= {requirement}"
            value = host.attribute(path)
            if value is MISSING:
                if ":" not in key:
                    continue
                return f"has no {':'.join(path)}"
            if not matches(value, requirement):
                return f"{':'.join(path)} is {value!r}, wanted {requirement!r}"
        return None


def _path(key: str) -> list[str] | None:
    if key == "hw:maxphysaddr_bits":
        return ["cpu_info", "maxphysaddr", "bits"]
    parts = key.split(":")
    if len(parts) == 1:
        return parts
    return parts[1:] if parts[0] == _SCOPE else None
