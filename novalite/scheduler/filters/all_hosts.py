"""AllHostsFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class AllHostsFilter(Filter):
    """Passes every host."""

    def applies(self, request: Request) -> bool:
        return False

    def refusal(self, host: HostState, request: Request) -> str | None:
        return None
