"""The scheduler: snapshot, decision, claims; again where another scheduler was faster."""

import logging
import random
from collections.abc import Sequence

from novalite.context import RequestContext
from novalite.db.cell_database import services
from novalite.deployment import Deployment
from novalite.exception import DatabaseUnavailable, NoValidHost
from novalite.objects import RequestSpec, Selection
from novalite.periodic import Periodic
from novalite.rpc.scheduler import TOPIC
from novalite.scheduler import claims, explanation
from novalite.scheduler.claims import Pick
from novalite.scheduler.decision import Pipeline, Verdict, consider, decide
from novalite.scheduler.host_state import HostState
from novalite.scheduler.options import Options
from novalite.scheduler.snapshot import Snapshot, Snapshots

LOG = logging.getLogger(__name__)

ROUNDS = 10
"""How often a decision is made anew because a claim was lost, before the request fails."""

SERVICE_VERSION = 1


class SchedulerManager:
    """Implements SchedulerAPI. Any number of them may run at once, in one process or many.

    ``name`` is that of its service record, the deployment's host unless given.
    """

    def __init__(
        self, deployment: Deployment, name: str | None = None, rng: random.Random | None = None
    ) -> None:
        assert deployment.databases is not None
        self._databases = deployment.databases
        self._clock = deployment.clock
        self._name = name or deployment.host
        self._rng = rng or random.Random()
        self._pipeline = Pipeline(Options.from_conf(deployment.conf))
        self._snapshots = Snapshots(
            deployment.databases,
            deployment.conf,
            deployment.clock,
            counts_instances=self._pipeline.counts_instances,
            reads_images=self._pipeline.reads_images,
        )
        self._heart = Periodic("scheduler-heartbeat", self._beat, deployment.conf.report_interval)

    def start(self) -> None:
        self._heart.start()

    def stop(self) -> None:
        self._heart.stop()

    def _beat(self) -> None:
        own = self._databases.own_cell or next(iter(self._databases.cells()), None)
        database = own[1] if own is not None else self._databases.cell0
        now = self._clock.now()
        database.run(
            lambda conn: services.heartbeat(
                conn, self._name, "nova-scheduler", TOPIC, SERVICE_VERSION, now
            )
        )

    def select_destinations(
        self, context: RequestContext, specs: list[RequestSpec], cell_uuid: str | None = None
    ) -> list[list[Selection]]:
        """See SchedulerAPI. Raises NoValidHost, and DatabaseUnavailable also when a cell that
        does not answer may be why nothing fits."""
        for _ in range(ROUNDS):
            snapshot = self._snapshots.take(specs, cell_uuid)
            _mark_placed(snapshot)
            verdicts = decide(snapshot.hosts, snapshot.requests, self._pipeline, self._rng)
            if not verdicts or not verdicts[-1].ranked:
                self._give_up(snapshot, verdicts, context)
            if self._claim(verdicts):
                return [self._answer(verdict) for verdict in verdicts]
            LOG.info("another scheduler was faster; deciding again")
        self._release(self._snapshots.take(specs, cell_uuid))
        raise NoValidHost(reason="Other requests took each host that was chosen.")

    def _claim(self, verdicts: Sequence[Verdict]) -> bool:
        picks = [
            Pick(verdict.request, verdict.ranked[0])
            for verdict in verdicts
            if verdict.request.placed is None
        ]
        lost = claims.claim(self._databases, picks)
        won = [pick for pick in picks if pick not in lost]
        broken = claims.broken_groups(self._databases, won)
        claims.release(self._databases, [_held(pick) for pick in broken])
        return not lost and not broken

    def _give_up(
        self, snapshot: Snapshot, verdicts: Sequence[Verdict], context: RequestContext
    ) -> None:
        if snapshot.blind:
            raise DatabaseUnavailable()
        self._release(snapshot)
        verdict = verdicts[-1]
        reason = explanation.summary(verdict)
        details = explanation.details(verdict)
        LOG.info("no valid host for request %s: %s\n%s", context.request_id, reason, details)
        raise NoValidHost(reason=reason, details=details)

    def _release(self, snapshot: Snapshot) -> None:
        """Of the servers asked for, all claims but those on hosts that the request is to avoid:
        these belong to an instance that exists."""
        held = [
            (cell_uuid, claim.instance_uuid, claim.compute_id)
            for request in snapshot.requests
            for cell_uuid, claim in snapshot.claims.get(request.spec.instance_uuid, [])
            if claim.host not in request.spec.ignore_hosts
        ]
        claims.release(self._databases, held)

    def _answer(self, verdict: Verdict) -> list[Selection]:
        chosen = verdict.ranked[0]
        most = self._pipeline.options.max_attempts - 1
        alternates = [
            host
            for host in verdict.ranked[1:]
            if host.cell_uuid == chosen.cell_uuid and host.host != chosen.host
        ][:most]
        return [
            _selection(chosen, claimed=True),
            *(_selection(host, claimed=False) for host in alternates),
        ]

    def explain(self, context: RequestContext, spec: RequestSpec) -> dict[str, object]:
        snapshot = self._snapshots.take([spec])
        verdict = consider(snapshot.hosts, snapshot.requests[0], self._pipeline)
        return explanation.as_dict(verdict)


def _mark_placed(snapshot: Snapshot) -> None:
    """Servers that hold a claim from an attempt that was cut short keep it. Where they hold
    several, the newest counts; the conductor removes the others with the instance's row."""
    for request in snapshot.requests:
        for cell_uuid, claim in snapshot.claims.get(request.spec.instance_uuid, []):
            host = snapshot.host(cell_uuid, claim.compute_id)
            if host is not None and claim.host not in request.spec.ignore_hosts:
                request.placed = host.node.uuid


def _held(pick: Pick) -> tuple[str, str, int]:
    assert pick.host.node.id is not None
    return (pick.host.cell_uuid, pick.uuid, pick.host.node.id)


def _selection(host: HostState, *, claimed: bool) -> Selection:
    assert host.node.id is not None
    return Selection(
        host=host.host,
        node=host.node.hypervisor_hostname,
        cell_uuid=host.cell_uuid,
        compute_id=host.node.id,
        compute_uuid=host.node.uuid,
        availability_zone=min(host.zones()),
        claimed=claimed,
    )
