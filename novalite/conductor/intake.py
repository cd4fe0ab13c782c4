"""Where accepted servers come in: leased in batches, built by the workers.

A burst of requests is leased in a few transactions, at once, so that no other conductor's sweep
takes what merely waits for a worker here, and loses its password.
"""

import collections
import logging
import queue
import threading
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from novalite.conductor.build import Builder, Order, Promise
from novalite.conductor.cells import Cells
from novalite.conductor.leases import Leases
from novalite.conductor.workers import Workers
from novalite.context import RequestContext, admin_context
from novalite.db.api_database import request_specs
from novalite.exception import DependencyUnavailable

LOG = logging.getLogger(__name__)

MOST_AT_ONCE = 64

MOST_TOGETHER = 8
"""Orders that one worker builds together. Larger groups would spare little more, and make the
first of them wait for the last."""


class Cast(NamedTuple):
    """The servers of one request. ``admin_password`` is stored nowhere else."""

    context: RequestContext
    uuids: list[str]
    admin_password: str | None


class Intake:
    def __init__(self, cells: Cells, leases: Leases, workers: Workers, builder: Builder) -> None:
        self._cells = cells
        self._leases = leases
        self._workers = workers
        self._builder = builder
        self._casts: queue.Queue[Cast | None] = queue.Queue()
        self._ready: collections.deque[Order] = collections.deque()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="build-intake", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._casts.put(None)
        if self._thread is not None:
            self._thread.join(10)

    def put(self, cast: Cast) -> None:
        self._casts.put(cast)

    def _run(self) -> None:
        while (first := self._casts.get()) is not None:
            casts = [first]
            while len(casts) < MOST_AT_ONCE:
                try:
                    more = self._casts.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    self._casts.put(None)
                    break
                casts.append(more)
            self.lease(casts)

    def lease(self, casts: Sequence[Cast]) -> None:
        """Lease what the casts name, and have it built. What cannot be leased now is found by
        a sweep later."""
        mine = self._leases.begin([uuid for cast in casts for uuid in cast.uuids])
        try:
            promises = {p.uuid: p for p in self._take(mine)}
        except DependencyUnavailable as error:
            LOG.warning("%d builds wait: %s", len(mine), error)
            promises = {}
        except Exception:
            LOG.exception("leasing %d builds failed", len(mine))
            promises = {}
        self._leases.end([uuid for uuid in mine if uuid not in promises])
        for cast in casts:
            found = [promises.pop(uuid) for uuid in cast.uuids if uuid in promises]
            self._submit(Order(cast.context, found, cast.admin_password))

    def sweep(self, older_than: float) -> int:
        """Build what nobody holds and was accepted more than ``older_than`` seconds ago; how many
        servers that are. Raises DatabaseUnavailable."""
        found = self._take(None, older_than)
        mine = set(self._leases.begin([promise.uuid for promise in found]))
        promises = [promise for promise in found if promise.uuid in mine]
        requests: dict[tuple[str, str | None], list[Promise]] = {}
        for promise in promises:
            key = (promise.request.project_id, promise.request.request_id)
            requests.setdefault(key, []).append(promise)
        for (_, request_id), group in requests.items():
            self._submit(Order(_context(group[0], request_id), group))
        return len(promises)

    def _take(self, uuids: Sequence[str] | None, older_than: float | None = None) -> list[Promise]:
        def take(conn: Connection) -> list[Promise]:
            requests = self._leases.take(conn, uuids, older_than)
            specs = request_specs.get_many(conn, [r.instance_uuid for r in requests])
            for request in requests:
                if request.instance_uuid not in specs:
                    LOG.error("%s has no request spec", request.instance_uuid)
            return [
                Promise(r, specs[r.instance_uuid]) for r in requests if r.instance_uuid in specs
            ]

        return self._cells.api.run(take)

    def _submit(self, order: Order) -> None:
        """For each order there is a job, which takes what waits just then, if anything."""
        if order.promises:
            self._ready.append(order)
            self._workers.submit(self._build_what_waits)

    def _build_what_waits(self) -> None:
        orders: list[Order] = []
        while len(orders) < MOST_TOGETHER:
            try:
                orders.append(self._ready.popleft())
            except IndexError:
                break
        if not orders:
            return
        orders[0].context.update_store()
        try:
            self._builder.build(orders)
        finally:
            self._leases.end([promise.uuid for order in orders for promise in order.promises])


def _context(promise: Promise, request_id: str | None) -> RequestContext:
    """The caller's, as far as it is known: its token is not."""
    context = admin_context(request_id)
    context.user_id = promise.spec.user_id
    context.project_id = promise.spec.project_id
    return context
