"""What a page of servers shows beside their own rows, read once per page, not per server."""

import dataclasses
import datetime
import logging
from collections.abc import Collection, Iterable
from typing import Any

from novalite.api.compute import parts
from novalite.context import RequestContext
from novalite.db.api_database import aggregates, instance_groups, request_specs
from novalite.db.cell_database import services
from novalite.deployment import Deployment
from novalite.exception import CellMappingNotFound, DatabaseUnavailable, NovaliteError
from novalite.objects import CELL0_UUID, Instance, Service

LOG = logging.getLogger(__name__)

_SPEC_PARTS = ("availability_zone", "scheduler_hints", "security_groups")


@dataclasses.dataclass(slots=True)
class Wanted:
    """What the answer's microversion and the caller's rights ask for."""

    host_status: bool = False
    specs: bool = False
    groups: bool = False


@dataclasses.dataclass(slots=True)
class Facts:
    """``zones``: host -> availability zone of hosts in zoned aggregates. ``services``: host ->
    its compute service. ``specs``: server -> parts of its request spec. ``groups``: server -> its
    server group. ``security_groups``: server -> names of the groups on its ports."""

    now: datetime.datetime
    down_after: float
    default_zone: str
    zones: dict[str, str] = dataclasses.field(default_factory=dict)
    services: dict[str, Service] = dataclasses.field(default_factory=dict)
    specs: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    groups: dict[str, str] = dataclasses.field(default_factory=dict)
    security_groups: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def zone_of(self, instance: Instance) -> str:
        """The zone of the server's host, else the one that was asked for, else empty."""
        if instance.host:
            return self.zones.get(instance.host, self.default_zone)
        return instance.availability_zone or ""

    def host_status_of(self, instance: Instance) -> str:
        """UP, DOWN, MAINTENANCE, UNKNOWN; empty without a host."""
        service = self.services.get(instance.host) if instance.host else None
        if service is None:
            return ""
        if service.forced_down:
            return "DOWN"
        if service.disabled:
            return "MAINTENANCE"
        return "UP" if service.is_up(self.now, self.down_after) else "UNKNOWN"

    def spec_of(self, instance: Instance) -> dict[str, Any]:
        return self.specs.get(instance.uuid, {})


def load(
    deployment: Deployment,
    context: RequestContext,
    servers: Collection[Instance],
    cells: Iterable[str],
    wanted: Wanted,
) -> Facts:
    """``cells``: uuids of the cells that hold the servers. The number of statements depends on
    ``wanted`` and the number of cells alone."""
    conf = deployment.conf
    facts = Facts(
        now=deployment.clock.now(),
        down_after=conf.service_down_time,
        default_zone=conf.default_availability_zone,
    )
    if not servers:
        return facts
    _load_from_api_database(deployment, servers, wanted, facts)
    if wanted.host_status:
        _load_services(deployment, set(cells) - {CELL0_UUID}, facts)
    _load_security_groups(deployment, context, servers, facts)
    return facts


def _load_from_api_database(
    deployment: Deployment, servers: Collection[Instance], wanted: Wanted, facts: Facts
) -> None:
    uuids = [server.uuid for server in servers]
    unplaced = [server.uuid for server in servers if not server.host]
    database = parts.api_database(deployment)
    with database.read() as conn:
        facts.zones = aggregates.zones(conn)
        if wanted.groups:
            facts.groups = instance_groups.of_instances(conn, uuids)
        # Without a host there are no ports to tell the security groups: what was asked for is.
        needed = uuids if wanted.specs else unplaced
        facts.specs = request_specs.parts(conn, needed, _SPEC_PARTS)


def _load_services(deployment: Deployment, cells: Iterable[str], facts: Facts) -> None:
    for uuid in cells:
        try:
            with parts.databases(deployment).cell(uuid).read() as conn:
                for service in services.list_(conn, binary="nova-compute"):
                    facts.services[service.host] = service
        except (CellMappingNotFound, DatabaseUnavailable):
            LOG.warning("the services of cell %s are not known now", uuid)


def _load_security_groups(
    deployment: Deployment,
    context: RequestContext,
    servers: Collection[Instance],
    facts: Facts,
) -> None:
    placed = [server for server in servers if server.host and not server.deleted]
    if placed:
        try:
            allocator = parts.allocator(deployment)
            facts.security_groups = allocator.security_group_names(context, placed)
        except NovaliteError:
            # A list of servers is worth more than the names of their groups.
            LOG.warning("the network service does not tell security groups", exc_info=True)
    for server in servers:
        if not server.host and server.vm_state != "error":
            asked = facts.spec_of(server).get("security_groups")
            facts.security_groups[server.uuid] = list(asked or ["default"])
