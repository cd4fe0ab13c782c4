"""Claims on a host."""

from novalite.clock import Clock
from novalite.conductor import orphans
from novalite.conductor.cells import Cells
from novalite.context import RequestContext


class Allocations:
    def __init__(self, cells: Cells, clock: Clock) -> None:
        self._cells = cells
        self._clock = clock

    def remove_orphans(self, context: RequestContext, host: str) -> int:
        """See ConductorAPI. Claims younger than a minute are left alone."""
        database = self._cells.adopt_host(host)
        return orphans.remove_claims(self._cells, database, self._clock.now(), host)
