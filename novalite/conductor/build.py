"""The first build: from build requests to instances in a cell, and a cast to each host.

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

__all__ = ["Builder", "Promise"]

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(slots=True)
class Placed:
    """A server with its host, and its row once it is written."""

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

    def build(
        self, context: RequestContext, promises: Sequence[Promise], admin_password: str | None
    ) -> None:
        """``promises``: all leased, all of one request. Never raises: what cannot be done now is
        given back for a sweep, what can never be done ends in ERROR."""
        try:
            self._build(context, promises, admin_password)
        except DependencyUnavailable as error:
            LOG.warning("building %s waits: %s", _names(promises), error)
            self._give_back(promises)
        except Exception as error:
            LOG.exception("building %s failed", _names(promises))
            self._fail(context, promises, error)

    def _give_back(self, promises: Sequence[Promise]) -> None:
        try:
            self._leases.give_back([promise.uuid for promise in promises])
        except DependencyUnavailable:
            LOG.debug("the leases run out by themselves")

    def _fail(self, context: RequestContext, promises: Sequence[Promise], error: Exception) -> None:
        """A mistake of ours must not be repeated for ever, nor be told in detail."""
        known = error if isinstance(error, NovaliteError) else NovaliteError()
        try:
            self._bury(context, promises, known)
        except Exception:
            LOG.exception("and could not be recorded; trying again later")

    def _build(
        self, context: RequestContext, promises: Sequence[Promise], admin_password: str | None
    ) -> None:
        promises = self._not_buried(promises)
        if not promises:
            return
        specs = [promise.spec for promise in promises]
        try:
            selections = self._scheduler.select_destinations(context, specs)
        except NoValidHost as error:
            self._bury(context, promises, error)
            return
        placed = [Placed(p, s) for p, s in zip(promises, selections, strict=True)]
        try:
            self._quota.check(promises[0].request.project_id, promises[0].spec.user_id)
        except OverQuota as error:
            self._release(placed)
            self._bury(context, promises, error)
            return
        for cell_uuid in dict.fromkeys(each.chosen.cell_uuid for each in placed):
            here = [each for each in placed if each.chosen.cell_uuid == cell_uuid]
            self._build_in_cell(context, cell_uuid, here, admin_password)

    def _not_buried(self, promises: Sequence[Promise]) -> list[Promise]:
        """Those whose burial was cut short are buried for good now, and not built."""
        uuids = [promise.uuid for promise in promises]
        with self._cells.cell0.read() as conn:
            rows = instances.get_many(conn, uuids, load=(), deleted=None)
        buried = {row.uuid for row in rows}
        if buried:
            finish.finish(self._cells, self._clock.now(), sorted(buried), None)
        return [promise for promise in promises if promise.uuid not in buried]

    def _bury(
        self, context: RequestContext, promises: Sequence[Promise], error: NovaliteError
    ) -> None:
        burial.bury(self._cells, self._clock.now(), context, promises, error)

    def _release(self, placed: Sequence[Placed]) -> None:
        for cell_uuid in {each.chosen.cell_uuid for each in placed}:
            uuids = [e.promise.uuid for e in placed if e.chosen.cell_uuid == cell_uuid]

            def release(conn: Connection, uuids: Sequence[str] = uuids) -> None:
                for uuid in uuids:
                    allocations.release(conn, uuid)

            self._cells.cell(cell_uuid).run(release)

    def _build_in_cell(
        self,
        context: RequestContext,
        cell_uuid: str,
        placed: Sequence[Placed],
        admin_password: str | None,
    ) -> None:
        self._write_rows(context, cell_uuid, placed)
        uuids = [each.promise.uuid for each in placed]
        finished = finish.finish(self._cells, self._clock.now(), uuids, cell_uuid)
        for each in placed:
            if each.promise.uuid in finished:
                self._cast(context, each, admin_password)

    def _write_rows(
        self, context: RequestContext, cell_uuid: str, placed: Sequence[Placed]
    ) -> None:
        """One transaction for all servers of the request in this cell."""
        uuids = [each.promise.uuid for each in placed]
        now = self._clock.now()

        def write(conn: Connection) -> None:
            there = {row.uuid: row for row in instances.get_many(conn, uuids, deleted=None)}
            for each in placed:
                found = there.get(each.promise.uuid)
                if found is not None:
                    each.instance = found
                    _drop_other_claims(conn, found)
                    continue
                each.instance = new_instance(each.promise, each.selections)
                instances.create(conn, each.instance)
                instance_actions.start(conn, each.promise.action(context, now))

        write_rows(self._cells.cell(cell_uuid), write)

    def _cast(self, context: RequestContext, each: Placed, admin_password: str | None) -> None:
        assert each.instance is not None
        if each.instance.deleted or each.instance.host is None:
            return
        work = work_of(each.instance, each.promise, admin_password)
        try:
            self._compute.build_and_run_instance(context, each.instance.host, work)
        except MessagingUnavailable:
            LOG.warning("%s will find %s by itself", each.instance.host, each.instance.uuid)


def _drop_other_claims(conn: Connection, instance: Instance) -> None:
    """An attempt that overlapped with this one may have claimed elsewhere too."""
    for held in allocations.for_instance(conn, instance.uuid):
        if held.compute_id != instance.compute_id:
            allocations.release(conn, instance.uuid, held.compute_id)


def _names(promises: Sequence[Promise]) -> str:
    return ", ".join(promise.uuid for promise in promises)
