"""What a filter is."""

from typing import ClassVar

from novalite.scheduler.host_state import HostState
from novalite.scheduler.options import Options
from novalite.scheduler.request import Request


class Filter:
    """Keeps or refuses a host for a request. Made once from the options; keeps no state.

    The configuration names it by its class name. ``counts_instances``: whether it reads
    num_instances or num_io_ops, which are asked of the database only then.
    """

    counts_instances: ClassVar[bool] = False

    def __init__(self, options: Options) -> None:
        self.options = options

    def applies(self, request: Request) -> bool:
        """False where this filter would pass every host, so that no host need be asked."""
        return True

    def refusal(self, host: HostState, request: Request) -> str | None:
        """None when the host passes; else why not, with the figures, for the administrator."""
        raise NotImplementedError

    def lacks(self, refusal: str) -> list[str]:
        """What a refusal was about, for counting in the user's message; no figures, no names."""
        return []
