"""Services and hypervisors over all cells.

A cell whose database does not answer is left out and reported as down: the others still answer.
"""

import dataclasses
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from sqlalchemy import Connection

from novalite.db.api_database import aggregates, host_mappings
from novalite.db.cell_database import compute_nodes, instances, services
from novalite.db.cell_database.instances import InstanceQuery
from novalite.db.databases import Databases
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.exception import ComputeHostNotFound, DatabaseUnavailable
from novalite.objects import CELL0_UUID, CellMapping, ComputeNode, Instance, Service

LOG = logging.getLogger(__name__)

COMPUTE = "nova-compute"
LAST_NUMBER = 2**31 - 1

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class Hypervisor:
    """A compute node with the service that runs it. ``servers`` None: not asked for."""

    node: ComputeNode
    service: Service
    cell: CellMapping
    servers: list[Instance] | None = None


def databases_of(deployment: Deployment) -> Databases:
    assert deployment.databases is not None
    return deployment.databases


def number(text: str) -> int | None:
    """The number of a row, if the text can be one."""
    if not re.fullmatch("[0-9]{1,10}", text):
        return None
    value = int(text)
    return value if value <= LAST_NUMBER else None


def each_cell(
    databases: Databases, read: Callable[[Connection], T], *, cell0: bool = False
) -> Iterator[tuple[CellMapping, Database, T | None]]:
    """What ``read`` finds in each cell; None for one that does not answer."""
    cells = databases.cells(disabled=True)
    if cell0:
        cells = [(databases.mapping(CELL0_UUID), databases.cell0), *cells]
    for mapping, database in cells:
        try:
            with database.read() as conn:
                found = read(conn)
        except DatabaseUnavailable:
            LOG.warning("cell %s does not answer", mapping.name)
            yield mapping, database, None
        else:
            yield mapping, database, found


class Zones:
    """Which availability zone a service is in. One statement."""

    def __init__(self, deployment: Deployment) -> None:
        api = databases_of(deployment).api
        assert api is not None
        with api.read() as conn:
            self._by_host = aggregates.zones(conn)
        self._default: str = deployment.conf.default_availability_zone
        self.internal: str = deployment.conf.internal_service_availability_zone

    def of(self, service: Service) -> str:
        if service.binary != COMPUTE:
            return self.internal
        return self._by_host.get(service.host, self._default)


# ---- services ----


@dataclasses.dataclass(slots=True)
class Services:
    """``silent``: the hosts of cells that do not answer, if they were asked for."""

    found: list[Service]
    silent: list[str]


def list_services(
    deployment: Deployment,
    *,
    host: str | None = None,
    binary: str | None = None,
    with_silent: bool = False,
) -> Services:
    """One statement per cell, and one for each cell that does not answer."""
    databases = databases_of(deployment)
    answer = Services([], [])
    for mapping, _, found in each_cell(
        databases, lambda conn: services.list_(conn, host=host, binary=binary), cell0=True
    ):
        if found is not None:
            answer.found += found
        elif with_silent and binary in (None, COMPUTE):
            assert databases.api is not None
            with databases.api.read() as conn:
                hosts = host_mappings.list_(conn, mapping.uuid)
            answer.silent += [name for name in hosts if host in (None, name)]
    return answer


def find_service(
    deployment: Deployment, matches: Callable[[Service], bool]
) -> list[tuple[Database, Service]]:
    """The services that match, with the database that each one is in."""
    return [
        (database, service)
        for _, database, found in each_cell(databases_of(deployment), services.list_, cell0=True)
        for service in found or ()
        if matches(service)
    ]


# ---- hypervisors ----


def list_hypervisors(
    deployment: Deployment,
    *,
    limit: int | None = None,
    marker: str | int | None = None,
    name_contains: str | None = None,
) -> list[Hypervisor] | None:
    """In the order of the cells, and of the numbers within each; two statements per cell.

    ``marker``: uuid or number of the last node seen; None is answered when it is unknown.
    """
    found: list[Hypervisor] = []
    started = marker is None

    def read(conn: Connection) -> list[tuple[ComputeNode, Service]]:
        nonlocal started
        left = None if limit is None else limit - len(found)
        if left is not None and left <= 0:
            return []
        after = None
        if not started:
            assert marker is not None
            last = _locate(conn, marker)
            if last is None:
                return []
            started, after = True, last.uuid
        nodes = compute_nodes.list_(conn, limit=left, marker=after, name_contains=name_contains)
        return _with_services(conn, nodes)

    for mapping, _, pairs in each_cell(databases_of(deployment), read):
        found += [Hypervisor(node, service, mapping) for node, service in pairs or ()]
    return found if started else None


def _locate(conn: Connection, id_: str | int) -> ComputeNode | None:
    """The node with this uuid or number, if this cell has it."""
    try:
        if isinstance(id_, int):
            return compute_nodes.get_by_id(conn, id_)
        return compute_nodes.get(conn, id_)
    except ComputeHostNotFound:
        return None


def _with_services(
    conn: Connection, nodes: Iterable[ComputeNode]
) -> list[tuple[ComputeNode, Service]]:
    """A node whose service is gone is not shown: nobody could use it."""
    nodes = list(nodes)
    if not nodes:
        return []
    by_host = {service.host: service for service in services.list_(conn, binary=COMPUTE)}
    return [(node, by_host[node.host]) for node in nodes if node.host in by_host]


def find_hypervisors(deployment: Deployment, id_: str | int) -> list[Hypervisor]:
    """By uuid, or by number (which several cells may have given)."""

    def read(conn: Connection) -> list[tuple[ComputeNode, Service]]:
        node = _locate(conn, id_)
        return [] if node is None else _with_services(conn, [node])

    return [
        Hypervisor(node, service, mapping)
        for mapping, _, pairs in each_cell(databases_of(deployment), read)
        for node, service in pairs or ()
    ]


def find_host(deployment: Deployment, host: str) -> Hypervisor:
    """The first node of a compute host, with all servers of the host; at most three statements
    per cell. Raises ComputeHostNotFound."""

    def read(conn: Connection) -> tuple[ComputeNode, Service, list[Instance]] | None:
        pairs = _with_services(conn, compute_nodes.on_host(conn, host))
        # MariaDB takes names for equal that differ in case.
        pairs = [(node, service) for node, service in pairs if node.host == host]
        if not pairs:
            return None
        query = InstanceQuery(equals={"host": host}, sort_dirs=("asc",), load=())
        return *pairs[0], instances.list_(conn, query)

    for mapping, _, found in each_cell(databases_of(deployment), read):
        if found is not None:
            node, service, servers = found
            return Hypervisor(node, service, mapping, servers)
    raise ComputeHostNotFound(host=host)


def add_servers(deployment: Deployment, hypervisors: list[Hypervisor]) -> None:
    """Fill ``servers``; one statement per cell."""
    databases = databases_of(deployment)
    by_cell: dict[str, list[Hypervisor]] = {}
    for hypervisor in hypervisors:
        by_cell.setdefault(hypervisor.cell.uuid, []).append(hypervisor)
    for cell_uuid, members in by_cell.items():
        hosts = sorted({hypervisor.node.host for hypervisor in members})
        query = InstanceQuery(equals={"host": hosts}, sort_dirs=("asc",), load=())
        with databases.cell(cell_uuid).read() as conn:
            found = instances.list_(conn, query)
        placed: dict[tuple[str | None, str | None], list[Instance]] = {}
        for instance in found:
            placed.setdefault((instance.host, instance.node), []).append(instance)
        for hypervisor in members:
            node = hypervisor.node
            hypervisor.servers = placed.get((node.host, node.hypervisor_hostname), [])
