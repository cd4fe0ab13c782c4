"""Hypervisors, as their hosts report them."""

from sqlalchemy import Connection

from novalite.clock import Clock
from novalite.conductor.cells import Cells
from novalite.context import RequestContext
from novalite.db.cell_database import compute_nodes, services
from novalite.exception import ComputeHostNotFound
from novalite.objects import ComputeNode


class ComputeNodes:
    def __init__(self, cells: Cells, clock: Clock) -> None:
        self._cells = cells
        self._clock = clock

    def report(self, context: RequestContext, host: str, node: ComputeNode) -> ComputeNode:
        """See ConductorAPI. Raises Conflict when the node is registered under another name."""
        node.host = host
        now = self._clock.now()

        def report(conn: Connection) -> ComputeNode:
            try:
                node.service_id = services.get_by_host(conn, host).id
            except ComputeHostNotFound:
                node.service_id = None
            return compute_nodes.report(conn, node, now)

        return self._cells.adopt_host(host).run(report)
