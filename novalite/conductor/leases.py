"""Which conductor builds what: leases on build requests.

A lease is the conductor's name and an expiry time in the request's row. While a conductor works
it renews its leases; when it dies they run out, or its successor of the same name takes them
over at its start. Within one process a request is worked on by one thread at a time.
"""

import datetime
import logging
import threading
from collections.abc import Sequence

from sqlalchemy import Connection

from novalite.clock import Clock
from novalite.conductor.cells import Cells
from novalite.db.api_database import build_requests
from novalite.objects import BuildRequest
from novalite.periodic import Periodic

LOG = logging.getLogger(__name__)

MOST_AT_ONCE = 100


class Leases:
    """``owner`` is unique among the running conductors; ``seconds``: [conductor]build_lease."""

    def __init__(self, cells: Cells, clock: Clock, owner: str, seconds: float) -> None:
        self._cells = cells
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._working: set[str] = set()
        self._keeper = Periodic(
            "build-lease-keeper", self._renew, seconds / 3, first=(seconds / 3,)
        )
        self.owner = owner

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        self._keeper.stop()

    def give_back_all(self) -> None:
        """At the end: what was leased and not begun."""
        count = self._cells.api.run(lambda conn: build_requests.release(conn, self.owner))
        if count:
            LOG.info("%d builds are left for another conductor", count)

    def begin(self, uuids: Sequence[str]) -> list[str]:
        """Those of ``uuids`` that no other thread of this process works on. Once leased they are
        renewed until ``end``."""
        with self._lock:
            mine = [uuid for uuid in uuids if uuid not in self._working]
            self._working.update(mine)
        return mine

    def end(self, uuids: Sequence[str]) -> None:
        with self._lock:
            self._working.difference_update(uuids)

    def take(
        self, conn: Connection, uuids: Sequence[str] | None, older_than: float | None = None
    ) -> list[BuildRequest]:
        """Lease ``uuids``, or any; ``older_than``: seconds since they were accepted. In the
        caller's transaction on the API database."""
        now = self._clock.now()
        return build_requests.take(
            conn,
            self.owner,
            now,
            now + datetime.timedelta(seconds=self._seconds),
            uuids=uuids,
            limit=max(MOST_AT_ONCE, len(uuids or ())),
            older_than=None if older_than is None else now - datetime.timedelta(seconds=older_than),
        )

    def give_back(self, uuids: Sequence[str]) -> None:
        """So that any conductor may try again; those that are gone are no error."""
        if uuids:
            self._cells.api.run(lambda conn: build_requests.release(conn, self.owner, uuids))

    def _renew(self) -> None:
        with self._lock:
            working = list(self._working)
        if working:
            until = self._clock.now() + datetime.timedelta(seconds=self._seconds)
            self._cells.api.run(lambda conn: build_requests.renew(conn, self.owner, until, working))
