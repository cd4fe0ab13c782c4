"""Why servers failed."""

from novalite.clock import Clock
from novalite.conductor.cells import Cells
from novalite.context import RequestContext
from novalite.db.cell_database import instance_faults
from novalite.objects import InstanceFault


class Faults:
    def __init__(self, cells: Cells, clock: Clock) -> None:
        self._cells = cells
        self._clock = clock

    def create(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        code: int,
        message: str,
        details: str | None = None,
    ) -> None:
        fault = InstanceFault(instance_uuid, code, message, details, host, self._clock.now())
        self._cells.of_host(host).run(lambda conn: instance_faults.create(conn, fault))
