"""Heartbeats of services."""

from oslo_config import cfg

from novalite.clock import Clock
from novalite.conductor.cells import Cells
from novalite.context import RequestContext
from novalite.db.cell_database import services
from novalite.objects import Service

COMPUTE = "nova-compute"


class Services:
    def __init__(self, cells: Cells, clock: Clock, conf: cfg.ConfigOpts) -> None:
        self._cells = cells
        self._clock = clock
        self._enabled: bool = conf.enable_new_services

    def heartbeat(
        self, context: RequestContext, host: str, binary: str, topic: str, version: int
    ) -> Service:
        """See ConductorAPI. A compute host that no cell knows joins this conductor's cell; it is
        disabled when [DEFAULT]enable_new_services says so."""
        is_compute = binary == COMPUTE
        database = self._cells.adopt_host(host) if is_compute else self._cells.home()
        now = self._clock.now()
        return database.run(
            lambda conn: services.heartbeat(
                conn,
                host,
                binary,
                topic,
                version,
                now,
                disabled=is_compute and not self._enabled,
            )
        )
