"""The decision, a pure function: hosts and requests -> for each request the hosts in order of
preference, and why the others are not among them. It asks no database, clock or network."""

import dataclasses
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from novalite.scheduler import plugins
from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.options import Options
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher

CAPACITY = "ResourceFilter"
ALL_WEIGHERS = "all_weighers"


@dataclasses.dataclass(slots=True)
class Step:
    """One filter's work: how many hosts came in and how many it left; for the refused, why.
    ``asked``: False when the request gave it nothing to look at."""

    filter: str
    before: int
    left: int
    refusals: list[tuple[HostState, str]] = dataclasses.field(default_factory=list)
    lacks: Counter[str] = dataclasses.field(default_factory=Counter)
    asked: bool = True


@dataclasses.dataclass(slots=True)
class Verdict:
    """``ranked``: the hosts that passed, best first; the first one was taken for this request.
    ``weights`` are theirs, in the same order."""

    request: Request
    total: int
    steps: list[Step]
    ranked: list[HostState] = dataclasses.field(default_factory=list)
    weights: list[float] = dataclasses.field(default_factory=list)


class Pipeline:
    """The filters and weighers that the options name. Raises ValueError for an unknown name."""

    def __init__(self, options: Options) -> None:
        self.options = options
        known = plugins.classes_in("novalite.scheduler.filters", Filter)
        names = [name.rpartition(".")[2] for name in options.filters]
        if CAPACITY not in names:
            names.append(CAPACITY)
        self.filters = [
            self._make(plugins.load("novalite.scheduler.filters", Filter, name, known))
            for name in names
        ]
        self.capacity = [each for each in self.filters if type(each).__name__ == CAPACITY]
        self.weighers = self._weighers()

    def _make(self, cls: type) -> Any:
        return cls(self.options)

    def _weighers(self) -> list[Weigher]:
        package = "novalite.scheduler.weighers"
        known = plugins.classes_in(package, Weigher)
        names = [name.rpartition(".")[2] for name in self.options.weighers]
        if ALL_WEIGHERS in names:
            classes = [known[name] for name in sorted(known)]
        else:
            classes = [plugins.load(package, Weigher, name, known) for name in names]
        return [cast("Weigher", self._make(cls)) for cls in classes]

    @property
    def counts_instances(self) -> bool:
        return any(each.counts_instances for each in self.filters) or any(
            each.counts_instances and self._matters(each) for each in self.weighers
        )

    @property
    def reads_images(self) -> bool:
        name = "image_props_weight_multiplier"
        return self.options.multiplier(name, 0.0) != 0.0

    def _matters(self, weigher: Weigher) -> bool:
        return self.options.multiplier(weigher.option, weigher.default) != 0.0


def decide(
    hosts: Sequence[HostState], requests: Sequence[Request], pipeline: Pipeline, rng: random.Random
) -> list[Verdict]:
    """A verdict per request, in order, each seeing what the earlier ones took; it ends with
    the first request that fits nowhere, whose ``ranked`` is empty. Changes the host states.

    A request that has a host already (``placed``) keeps it.
    """
    verdicts = []
    for request in requests:
        verdict = consider(hosts, request, pipeline)
        _choose(verdict, pipeline.options, rng)
        if request.placed is not None:
            _keep(verdict, hosts)
        verdicts.append(verdict)
        if not verdict.ranked:
            break
        if request.placed is None:
            verdict.ranked[0].take(request.resources)
            request.hosts_of[request.spec.instance_uuid] = verdict.ranked[0].host
    return verdicts


def consider(hosts: Sequence[HostState], request: Request, pipeline: Pipeline) -> Verdict:
    """Filter and weigh for one request; takes nothing."""
    verdict = Verdict(request, len(hosts), [])
    passing = _destinations(hosts, verdict)
    forced = request.spec.force_hosts or request.spec.force_nodes
    for each in pipeline.capacity if forced else pipeline.filters:
        if not passing:
            break
        if each.applies(request):
            passing = _filter(passing, each, verdict)
        else:
            verdict.steps.append(Step(type(each).__name__, len(passing), len(passing), asked=False))
    _weigh(passing, pipeline, verdict)
    return verdict


def _destinations(hosts: Sequence[HostState], verdict: Verdict) -> list[HostState]:
    """What the request itself says of hosts, as steps that look like filters."""
    spec = verdict.request.spec
    limits = [
        ("ForcedHost", spec.force_hosts, spec.force_nodes),
        (
            "RequestedDestination",
            [spec.requested_host] if spec.requested_host else [],
            [spec.requested_node] if spec.requested_node else [],
        ),
    ]
    passing = list(hosts)
    for name, names, nodes in limits:
        if not names and not nodes:
            continue
        step = Step(name, len(passing), 0)
        kept = []
        for host in passing:
            if (names and host.host not in names) or (
                nodes and host.node.hypervisor_hostname not in nodes
            ):
                step.refusals.append((host, "is not the one that was asked for"))
            else:
                kept.append(host)
        step.left, passing = len(kept), kept
        verdict.steps.append(step)
    if spec.ignore_hosts:
        step = Step("RetryFilter", len(passing), 0)
        kept = [host for host in passing if host.host not in spec.ignore_hosts]
        step.refusals = [
            (host, "was tried and failed") for host in passing if host.host in spec.ignore_hosts
        ]
        step.left, passing = len(kept), kept
        verdict.steps.append(step)
    return passing


def _filter(passing: list[HostState], each: Filter, verdict: Verdict) -> list[HostState]:
    request = verdict.request
    step = Step(type(each).__name__, len(passing), 0)
    kept = []
    for host in passing:
        reason = each.refusal(host, request)
        if reason is None:
            kept.append(host)
        else:
            step.refusals.append((host, reason))
            step.lacks.update(each.lacks(reason))
    step.left = len(kept)
    verdict.steps.append(step)
    return kept


def _weigh(passing: list[HostState], pipeline: Pipeline, verdict: Verdict) -> None:
    totals = [0.0] * len(passing)
    if len(passing) > 1:
        for weigher in pipeline.weighers:
            if weigher.applies(verdict.request):
                _add(weigher, passing, verdict.request, totals)
    order = sorted(range(len(passing)), key=lambda index: -totals[index])
    verdict.ranked = [passing[index] for index in order]
    verdict.weights = [totals[index] for index in order]


def _add(weigher: Weigher, passing: list[HostState], request: Request, totals: list[float]) -> None:
    multipliers = [weigher.multiplier(host) for host in passing]
    if not any(multipliers):
        return
    weights = [weigher.weight(host, request) for host in passing]
    lowest, highest = min(weights), max(weights)
    if highest == lowest:
        return
    for index, weight in enumerate(weights):
        totals[index] += multipliers[index] * (weight - lowest) / (highest - lowest)


def _choose(verdict: Verdict, options: Options, rng: random.Random) -> None:
    """Bring the chosen host to the front."""
    if len(verdict.ranked) < 2:
        return
    first = 0
    if options.host_subset_size > 1:
        first = rng.randrange(min(options.host_subset_size, len(verdict.ranked)))
    elif options.shuffle_best:
        equals = sum(1 for weight in verdict.weights if weight == verdict.weights[0])
        first = rng.randrange(equals)
    _to_front(verdict, first)


def _keep(verdict: Verdict, hosts: Sequence[HostState]) -> None:
    placed = verdict.request.placed
    for index, host in enumerate(verdict.ranked):
        if host.node.uuid == placed:
            _to_front(verdict, index)
            return
    for host in hosts:
        if host.node.uuid == placed:
            verdict.ranked.insert(0, host)
            verdict.weights.insert(0, 0.0)


def _to_front(verdict: Verdict, index: int) -> None:
    verdict.ranked.insert(0, verdict.ranked.pop(index))
    verdict.weights.insert(0, verdict.weights.pop(index))
