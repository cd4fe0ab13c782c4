"""What a weigher is."""

from typing import ClassVar

from novalite.scheduler.host_state import HostState
from novalite.scheduler.options import Options
from novalite.scheduler.request import Request


class Weigher:
    """Says how much a host is wanted; the sum over all weighers, each brought to 0..1 over the
    hosts at hand and times its multiplier, puts the hosts in order, the highest first.

    ``option`` names the multiplier in [filter_scheduler], and the key by which a host's
    aggregates may override it. ``counts_instances``: as in filters.
    """

    option: ClassVar[str] = ""
    default: ClassVar[float] = 1.0
    counts_instances: ClassVar[bool] = False

    def __init__(self, options: Options) -> None:
        self.options = options

    def applies(self, request: Request) -> bool:
        """False where all hosts would weigh the same."""
        return True

    def weight(self, host: HostState, request: Request) -> float:
        raise NotImplementedError

    def multiplier(self, host: HostState) -> float:
        base = self.options.multiplier(self.option, self.default)
        if not host.aggregates:
            return base
        values = []
        for value in host.aggregate_values(self.option):
            try:
                values.append(float(value))
            except ValueError:
                continue
        return min(values, default=base)
