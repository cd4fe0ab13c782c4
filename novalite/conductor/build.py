"""The first build: from build requests to instances in a cell, and a cast to each host.

What waits at the same moment is built together: one message to the scheduler, and one transaction
per database, carry many servers.

May be killed at any line and run again, here or by another conductor; what was done before is
found and kept:

    claim       the scheduler gives a server with a claim its host again
    cell row    is made unless it is there
    the end     one transaction sets the mapping's cell and removes the build request: before it
                the server is the conductor's, after it the host's, which finds it by its row
    cast        a hint

A build request that is gone at the end was deleted by the user, who was told that the server is
gone: the row and the claim are removed again. (Or another conductor was faster, because this one
was away longer than its lease; then the mapping has a cell.)
"""

import dataclasses
import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from novalite.clock import Clock
from novalite.conductor import burial, finish
from novalite.conductor.cells import Cells
from novalite.conductor.leases import Leases
from novalite.conductor.quota_check import QuotaCheck
from novalite.conductor.records import Promise, new_instance, work_of, write_rows
from novalite.context import RequestContext
from novalite.db.cell_database import allocations, instance_actions, instances
from novalite.exception import (
    DependencyUnavailable,
    MessagingUnavailable,
    NoValidHost,
    NovaliteError,
    OverQuota,
)
from novalite.objects import Instance, Selection
from novalite.rpc.compute import ComputeAPI
from novalite.rpc.scheduler import SchedulerAPI

__all__ = ["Builder", "Order", "Promise"]

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """Servers of one request, all leased. ``admin_password`` is stored nowhere else."""

    context: RequestContext
    promises: Sequence[Promise]
    admin_password: str | None = None

    def without(self, uuids: set[str]) -> "Order":
        left = [promise for promise in self.promises if promise.uuid not in uuids]
        return Order(self.context, left, self.admin_password)


@dataclasses.dataclass(slots=True)
class Placed:
    """A server with its host, and its row once it is written."""

    order: Order
    promise: Promise
    selections: list[Selection]
    instance: Instance | None = None

    @property
    def chosen(self) -> Selection:
        return self.selections[0]


class Builder:
    def __init__(
        self,
        cells: Cells,
        clock: Clock,
        leases: Leases,
        scheduler: SchedulerAPI,
        compute: ComputeAPI,
        quota: QuotaCheck,
    ) -> None:
        self._cells = cells
        self._clock = clock
        self._leases = leases
        self._scheduler = scheduler
        self._compute = compute
        self._quota = quota

    def build(self, orders: Sequence[Order]) -> None:
        """Never raises: what cannot be done now is given back for a sweep, what can never be
        done ends in ERROR. Several orders share their messages and transactions; where one of
        them cannot be done, each is done by itself, so that none suffers for another.
        """
        if len(orders) > 1 and self._all_at_once(orders):
            return
        for order in orders:
            try:
                self._build([order])
            except DependencyUnavailable as error:
                self._wait([order], error)
            except Exception as error:
                LOG.exception("building %s failed", _names([order]))
                self._fail(order, error)

    def _all_at_once(self, orders: Sequence[Order]) -> bool:
        try:
            self._build(orders)
        except DependencyUnavailable as error:
            self._wait(orders, error)
        except Exception as error:
            LOG.info("building %s one after the other: %s", _names(orders), error)
            return False
        return True

    def _wait(self, orders: Sequence[Order], error: Exception) -> None:
        LOG.warning("building %s waits: %s", _names(orders), error)
        try:
            self._leases.give_back([p.uuid for order in orders for p in order.promises])
        except DependencyUnavailable:
            LOG.debug("the leases run out by themselves")

    def _fail(self, order: Order, error: Exception) -> None:
        """A mistake of ours must not be repeated for ever, nor be told in detail."""
        known = error if isinstance(error, NovaliteError) else NovaliteError()
        try:
            self._bury(order, known)
        except Exception:
            LOG.exception("and could not be recorded; trying again later")

    def _build(self, orders: Sequence[Order]) -> None:
        """Raises NoValidHost only when there are several orders, one of which does not fit."""
        orders = self._not_buried(orders)
        specs = [promise.spec for order in orders for promise in order.promises]
        if not specs:
            return
        try:
            found = iter(self._scheduler.select_destinations(orders[0].context, specs))
        except NoValidHost as error:
            if len(orders) > 1:
                raise
            self._bury(orders[0], error)
            return
        placed: list[Placed] = []
        for order in orders:
            mine = [Placed(order, promise, next(found)) for promise in order.promises]
            placed += self._within_quota(order, mine)
        for cell_uuid in dict.fromkeys(each.chosen.cell_uuid for each in placed):
            here = [each for each in placed if each.chosen.cell_uuid == cell_uuid]
            self._build_in_cell(cell_uuid, here)

    def _within_quota(self, order: Order, placed: list[Placed]) -> list[Placed]:
        """All of them, or none."""
        if not placed:
            return []
        first = order.promises[0]
        try:
            self._quota.check(first.request.project_id, first.spec.user_id)
        except OverQuota as error:
            self._release(placed)
            self._bury(order, error)
            return []
        return placed

    def _not_buried(self, orders: Sequence[Order]) -> list[Order]:
        """Those whose burial was cut short are buried for good now, and not built."""
        uuids = [promise.uuid for order in orders for promise in order.promises]
        with self._cells.cell0.read() as conn:
            buried = instances.existing(conn, uuids)
        if buried:
            finish.finish(self._cells, self._clock.now(), sorted(buried), None)
        left = (order.without(buried) for order in orders)
        return [order for order in left if order.promises]

    def _bury(self, order: Order, error: NovaliteError) -> None:
        now = self._clock.now()
        burial.bury(self._cells, now, order.context, order.promises, error)

    def _release(self, placed: Sequence[Placed]) -> None:
        for cell_uuid in {each.chosen.cell_uuid for each in placed}:
            uuids = [e.promise.uuid for e in placed if e.chosen.cell_uuid == cell_uuid]

            def release(conn: Connection, uuids: Sequence[str] = uuids) -> None:
                for uuid in uuids:
                    allocations.release(conn, uuid)

            self._cells.cell(cell_uuid).run(release)

    def _build_in_cell(self, cell_uuid: str, placed: Sequence[Placed]) -> None:
        self._write_rows(cell_uuid, placed)
        uuids = [each.promise.uuid for each in placed]
        finished = finish.finish(self._cells, self._clock.now(), uuids, cell_uuid)
        for each in placed:
            if each.promise.uuid in finished:
                self._cast(each)

    def _write_rows(self, cell_uuid: str, placed: Sequence[Placed]) -> None:
        """One transaction for all servers in this cell."""
        uuids = [each.promise.uuid for each in placed]
        now = self._clock.now()

        def write(conn: Connection) -> None:
            there = {row.uuid: row for row in instances.get_many(conn, uuids, deleted=None)}
            made: list[Placed] = []
            for each in placed:
                found = there.get(each.promise.uuid)
                if found is not None:
                    each.instance = found
                    _drop_other_claims(conn, found)
                    continue
                each.instance = new_instance(each.promise, each.selections)
                made.append(each)
            instances.create_many(conn, [each.instance for each in made if each.instance])
            instance_actions.start_many(
                conn, [each.promise.action(each.order.context, now) for each in made]
            )

        write_rows(self._cells.cell(cell_uuid), write)

    def _cast(self, each: Placed) -> None:
        assert each.instance is not None
        if each.instance.deleted or each.instance.host is None:
            return
        work = work_of(each.instance, each.promise, each.order.admin_password)
        try:
            self._compute.build_and_run_instance(each.order.context, each.instance.host, work)
        except MessagingUnavailable:
            LOG.warning("%s will find %s by itself", each.instance.host, each.instance.uuid)


def _drop_other_claims(conn: Connection, instance: Instance) -> None:
    """An attempt that overlapped with this one may have claimed elsewhere too."""
    for held in allocations.for_instance(conn, instance.uuid):
        if held.compute_id != instance.compute_id:
            allocations.release(conn, instance.uuid, held.compute_id)


def _names(orders: Sequence[Order]) -> str:
    return ", ".join(promise.uuid for order in orders for promise in order.promises)
