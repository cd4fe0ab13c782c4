"""AvailabilityZoneFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class AvailabilityZoneFilter(Filter):
    """The host must be in the requested zone."""

    def applies(self, request: Request) -> bool:
        return bool(request.spec.availability_zone)

    def refusal(self, host: HostState, request: Request) -> str | None:
        zones = host.zones()
        if request.spec.availability_zone in zones:
            return None
        return f"is in zone {', '.join(sorted(zones))}, not {request.spec.availability_zone}"
