"""What a conductor does without being asked: it takes up builds that nobody holds, and removes
what interrupted work left behind."""

import datetime
import logging

from oslo_config import cfg

from novalite.clock import Clock
from novalite.conductor import orphans
from novalite.conductor.attachments import Attachments
from novalite.conductor.cells import Cells
from novalite.conductor.intake import Intake
from novalite.db.cell_database import services
from novalite.exception import DatabaseUnavailable
from novalite.periodic import Periodic
from novalite.rpc.conductor import TOPIC

LOG = logging.getLogger(__name__)

LEFT_TO_THE_CAST = 2.0
"""Seconds after which an accepted server that nobody builds is taken to be forgotten."""

TIDY_EVERY = 60.0
RECENT = datetime.timedelta(hours=1)
SERVICE_VERSION = 1


class Sweeps:
    """Three loops: builds ([DEFAULT]work_sweep_interval), tidying, and the heartbeat."""

    def __init__(
        self,
        cells: Cells,
        clock: Clock,
        conf: cfg.ConfigOpts,
        name: str,
        intake: Intake,
        attachments: Attachments | None = None,
    ) -> None:
        self._cells = cells
        self._clock = clock
        self._name = name
        self._intake = intake
        self._attachments = attachments
        self._tidied_before = False
        # The second look finds what was too young for the first one.
        first = (0.0, LEFT_TO_THE_CAST + 0.5)
        self._loops = [
            Periodic("build-sweep", self.builds, conf.work_sweep_interval, first),
            Periodic("tidy", self.tidy, TIDY_EVERY, first=(1.0,)),
            Periodic("conductor-heartbeat", self.heartbeat, conf.report_interval),
        ]

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        for loop in self._loops:
            loop.stop()

    def builds(self) -> int:
        """How many servers were taken up: those that nobody holds, and those that a predecessor
        of the same name held when it died."""
        count = self._intake.sweep(LEFT_TO_THE_CAST)
        if count:
            LOG.info("taking up %d builds that nobody held", count)
        return count

    def tidy(self) -> None:
        """A cell that does not answer does not keep the others from being tidied."""
        now = self._clock.now()
        since = now - RECENT if self._tidied_before else None
        orphans.remove_kept_promises(self._cells)
        complete = True
        for cell_uuid, database in self._cells.all_with_cell0():
            try:
                orphans.remove_ghosts(self._cells, database, cell_uuid, now, since)
                orphans.remove_claims(self._cells, database, now)
            except DatabaseUnavailable:
                LOG.warning("cell %s does not answer and is not tidied", cell_uuid)
                complete = False
        self._tidied_before = self._tidied_before or complete
        if self._attachments is not None:
            self._attachments.tidy()

    def heartbeat(self) -> None:
        now = self._clock.now()
        self._cells.home().run(
            lambda conn: services.heartbeat(
                conn, self._name, "nova-conductor", TOPIC, SERVICE_VERSION, now
            )
        )
