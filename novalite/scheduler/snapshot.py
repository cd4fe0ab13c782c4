"""Reading what a decision needs: all hosts of all cells, and what the requests' groups and hints
refer to. A fixed number of statements per cell: the nodes' counters, the services, the claims
of the servers concerned; the nodes themselves only when they changed since the last snapshot.
"""

import dataclasses
import datetime
import logging
import threading
from collections.abc import Sequence

from oslo_config import cfg
from sqlalchemy import Connection

from novalite.clock import Clock
from novalite.db.api_database import aggregates, instance_groups
from novalite.db.cell_database import compute_nodes, scheduling, services
from novalite.db.databases import Databases
from novalite.exception import DatabaseUnavailable, InstanceGroupNotFound
from novalite.objects import Aggregate, ComputeNode, InstanceGroup, RequestSpec, Service
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request

LOG = logging.getLogger(__name__)

COUNTS_VALID_FOR = 1.0
"""Seconds for which the numbers of I/O operations and image properties, which only weigh, are
used again: counting them reads more than all the rest."""


@dataclasses.dataclass(slots=True)
class Snapshot:
    """``claims``: server -> what it holds already, as far as the requests concern it.
    ``blind``: cells whose database did not answer."""

    hosts: list[HostState]
    requests: list[Request]
    claims: dict[str, list[tuple[str, scheduling.Claim]]]
    blind: list[str]

    def host(self, cell_uuid: str, compute_id: int) -> HostState | None:
        for host in self.hosts:
            if host.node.id == compute_id and host.cell_uuid == cell_uuid:
                return host
        return None


class _Known:
    """What of one cell is kept between snapshots."""

    def __init__(self) -> None:
        self.nodes: dict[int, ComputeNode] = {}
        self.counted_at: float | None = None
        self.io_operations: dict[str, int] = {}
        self.image_properties: dict[str, dict[tuple[str, str], int]] = {}


class Snapshots:
    """``counts_instances``, ``reads_images``: whether the filters and weighers want them."""

    def __init__(
        self,
        databases: Databases,
        conf: cfg.ConfigOpts,
        clock: Clock,
        *,
        counts_instances: bool,
        reads_images: bool,
    ) -> None:
        self._databases = databases
        self._clock = clock
        self._down_after: float = conf.service_down_time
        self._default_zone: str = conf.default_availability_zone
        self._counts_instances = counts_instances
        self._reads_images = reads_images
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def take(self, specs: Sequence[RequestSpec], cell_uuid: str | None = None) -> Snapshot:
        """``cell_uuid``: hosts of that cell only.

        Raises DatabaseUnavailable when the API database, or every cell's, does not answer.
        """
        groups, by_host = self._api_side(specs)
        named = _servers_named(specs, groups)
        snapshot = Snapshot([], [], {}, [])
        for mapping, database in self._databases.cells():
            if cell_uuid is not None and mapping.uuid != cell_uuid:
                continue
            try:
                with database.read() as conn:
                    self._add_cell(conn, mapping.uuid, named, by_host, snapshot)
            except DatabaseUnavailable:
                LOG.warning("cell %s does not answer; its hosts are left out", mapping.name)
                snapshot.blind.append(mapping.uuid)
        if snapshot.blind and not snapshot.hosts:
            raise DatabaseUnavailable()
        hosts_of = {uuid: claims[-1][1].host for uuid, claims in snapshot.claims.items() if claims}
        for spec in specs:
            group = groups.get(spec.instance_group) if spec.instance_group else None
            snapshot.requests.append(Request(spec, group, hosts_of))
        return snapshot

    def _api_side(
        self, specs: Sequence[RequestSpec]
    ) -> tuple[dict[str, InstanceGroup], dict[str, list[Aggregate]]]:
        groups: dict[str, InstanceGroup] = {}
        by_host: dict[str, list[Aggregate]] = {}
        assert self._databases.api is not None
        with self._databases.api.read() as conn:
            for aggregate in aggregates.list_(conn):
                for host in aggregate.hosts:
                    by_host.setdefault(host, []).append(aggregate)
            for uuid in {spec.instance_group for spec in specs if spec.instance_group}:
                try:
                    groups[uuid] = instance_groups.get(conn, uuid)
                except InstanceGroupNotFound:
                    LOG.info("group %s was deleted before its servers were placed", uuid)
        return groups, by_host

    def _add_cell(
        self,
        conn: Connection,
        cell_uuid: str,
        named: set[str],
        by_host: dict[str, list[Aggregate]],
        snapshot: Snapshot,
    ) -> None:
        known = self._refresh(conn, cell_uuid)
        running = {s.host: s for s in services.list_(conn, binary="nova-compute")}
        now = self._clock.now()
        for usage in scheduling.usage(conn):
            node = known.nodes.get(usage.id)
            if node is None or node.updated_at != usage.updated_at:
                node = known.nodes[usage.id] = compute_nodes.get_by_id(conn, usage.id)
            snapshot.hosts.append(self._host(node, usage, running, known, by_host, cell_uuid, now))
        for claim in scheduling.claims(conn, named):
            snapshot.claims.setdefault(claim.instance_uuid, []).append((cell_uuid, claim))

    def _refresh(self, conn: Connection, cell_uuid: str) -> _Known:
        with self._lock:
            known = self._known.get(cell_uuid)
            if known is None:
                known = self._known[cell_uuid] = _Known()
        if not known.nodes:
            known.nodes = {node.id: node for node in compute_nodes.list_(conn) if node.id}
        moment = self._clock.monotonic()
        if known.counted_at is None or moment - known.counted_at >= COUNTS_VALID_FOR:
            known.counted_at = moment
            if self._counts_instances:
                known.io_operations = scheduling.io_operations(conn)
            if self._reads_images:
                known.image_properties = scheduling.image_properties(conn)
        return known

    def _host(
        self,
        node: ComputeNode,
        usage: scheduling.NodeUsage,
        running: dict[str, Service],
        known: _Known,
        by_host: dict[str, list[Aggregate]],
        cell_uuid: str,
        now: datetime.datetime,
    ) -> HostState:
        service = running.get(node.host)
        host = HostState(
            node=node,
            cell_uuid=cell_uuid,
            service=service,
            is_up=service is not None and service.is_up(now, self._down_after),
            silence=_silence(service, now),
            aggregates=by_host.get(node.host, []),
            default_zone=self._default_zone,
            num_instances=usage.running_vms,
            num_io_ops=known.io_operations.get(node.host, 0),
            image_properties=known.image_properties.get(node.host, {}),
        )
        host.vcpus_used = usage.vcpus_used
        host.memory_mb_used = usage.memory_mb_used
        host.local_gb_used = usage.local_gb_used
        return host


def _silence(service: Service | None, now: datetime.datetime) -> float | None:
    if service is None or service.last_seen_up is None:
        return None
    return (now - service.last_seen_up).total_seconds()


def _servers_named(specs: Sequence[RequestSpec], groups: dict[str, InstanceGroup]) -> set[str]:
    """The servers whose whereabouts bear on the requests: themselves, which may hold claims
    from an attempt that was cut short, the members of their groups, and those in hints."""
    named = {spec.instance_uuid for spec in specs}
    for group in groups.values():
        named.update(group.members)
    for spec in specs:
        request = Request(spec)
        named.update(request.hint("same_host"), request.hint("different_host"))
    return named
