"""Lists of servers over all databases: build requests and cell0 first, then the cells, merged.

Each database answers with one page in the common order; the pages are merged and cut. A server
that moves from its build request to a cell meanwhile is seen in both and shown once.
"""

import concurrent.futures
import dataclasses
import heapq
import logging
from collections.abc import Callable, Sequence

from novalite.api.compute import lookup, ordering, parts, promised
from novalite.context import RequestContext
from novalite.db.api_database import build_requests, instance_mappings
from novalite.db.cell_database import instances
from novalite.db.cell_database.instances import InstanceQuery
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.exception import (
    DatabaseUnavailable,
    InstanceMappingNotFound,
    MarkerNotFound,
    NovaliteError,
)
from novalite.objects import CELL0_UUID, Instance, InstanceMapping

LOG = logging.getLogger(__name__)
MAX_CELLS_AT_ONCE = 16


@dataclasses.dataclass(slots=True)
class ListRequest:
    """``query`` holds conditions, order, limit and marker. ``keep`` is a last condition that no
    database can check (addresses). ``partial``: servers of cells that do not answer are listed
    with the little that is known (2.69)."""

    query: InstanceQuery
    project_id: str | None = None
    keep: Callable[[Instance], bool] | None = None
    partial: bool = False


@dataclasses.dataclass(slots=True)
class Listing:
    """``cells`` maps a server's uuid to the uuid of its cell; build requests are not in it."""

    servers: list[Instance] = dataclasses.field(default_factory=list)
    unreachable: list[InstanceMapping] = dataclasses.field(default_factory=list)
    cells: dict[str, str] = dataclasses.field(default_factory=dict)


def list_servers(deployment: Deployment, context: RequestContext, wanted: ListRequest) -> Listing:
    """One page. Raises MarkerNotFound, InvalidPattern, and NovaliteError (500) when a cell does
    not answer and [api]list_records_by_skipping_down_cells is off."""
    if wanted.query.limit == 0:
        return Listing()
    return _Lister(deployment, context, wanted).run()


class _Lister:
    def __init__(
        self, deployment: Deployment, context: RequestContext, wanted: ListRequest
    ) -> None:
        self.deployment = deployment
        self.databases = parts.databases(deployment)
        self.api = parts.api_database(deployment)
        self.context = context
        self.wanted = wanted
        self.limit = wanted.query.limit
        self.down: list[str] = []
        self.listing = Listing()
        self.order = ordering.Order(wanted.query)

    def run(self) -> Listing:
        query = self.wanted.query
        marker = self._marker_mapping()
        if marker is None or marker.cell_uuid is None:
            self._add(self._promised(marker), None)
            query = dataclasses.replace(query, marker=None) if marker else query
        if marker is None or marker.cell_uuid in (None, CELL0_UUID):
            self._add_cell0(query)
            query = dataclasses.replace(query, marker=None)
        if not self._full():
            self._add_cells(query, marker)
        self._settle_down_cells()
        return self.listing

    def _marker_mapping(self) -> InstanceMapping | None:
        """Where the marker is. A server that the caller may not see is no marker."""
        marker = self.wanted.query.marker
        if marker is None:
            return None
        try:
            with self.api.read() as conn:
                mapping = instance_mappings.get(conn, marker)
        except InstanceMappingNotFound:
            raise MarkerNotFound(marker=marker) from None
        if not self.context.is_admin and mapping.project_id != self.context.project_id:
            raise MarkerNotFound(marker=marker)
        return mapping

    def _full(self) -> bool:
        return self.limit is not None and len(self.listing.servers) >= self.limit

    def _add(self, servers: Sequence[Instance], cell_uuid: str | None) -> None:
        seen = {server.uuid for server in self.listing.servers}
        for server in servers:
            if self._full():
                return
            if server.uuid in seen:
                continue
            self.listing.servers.append(server)
            if cell_uuid is not None:
                self.listing.cells[server.uuid] = cell_uuid

    # ---- build requests ----

    def _promised(self, marker: InstanceMapping | None) -> list[Instance]:
        query = self.wanted.query
        if query.deleted or self.wanted.keep is not None:
            return []
        with self.api.read() as conn:
            requests = build_requests.list_(conn, self.wanted.project_id)
        everything = [lookup.from_request(request) for request in requests]
        everything.sort(key=self.order.key)
        if marker is not None:
            uuids = [server.uuid for server in everything]
            if marker.instance_uuid not in uuids:
                raise MarkerNotFound(marker=marker.instance_uuid)
            everything = everything[uuids.index(marker.instance_uuid) + 1 :]
        substrings = self.api.dialect == "sqlite"
        return [
            server
            for server in everything
            if promised.matches(server, query, substrings=substrings)
        ]

    # ---- cells ----

    def _add_cell0(self, query: InstanceQuery) -> None:
        if self._full():
            return
        self._add(self._page(CELL0_UUID, self.databases.cell0, query), CELL0_UUID)

    def _add_cells(self, query: InstanceQuery, marker: InstanceMapping | None) -> None:
        cells = [
            (mapping.uuid, database) for mapping, database in self.databases.cells(disabled=True)
        ]
        if query.marker is not None and marker is not None and marker.cell_uuid is not None:
            query = self._with_marker_values(query, marker.cell_uuid)
        if len(cells) == 1:
            ((uuid, database),) = cells
            self._add(self._page(uuid, database, query), uuid)
            return
        pages = self._pages(cells, query)
        cell_of = {server.uuid: uuid for uuid, page in pages for server in page}
        merged = heapq.merge(*(page for _, page in pages), key=self.order.key)
        self._add(list(merged), None)
        for server in self.listing.servers:
            if server.uuid in cell_of:
                self.listing.cells.setdefault(server.uuid, cell_of[server.uuid])

    def _with_marker_values(self, query: InstanceQuery, cell_uuid: str) -> InstanceQuery:
        """The marker's place in the order, for all cells."""
        assert query.marker is not None
        with self.databases.cell(cell_uuid).read() as conn:
            values = instances.marker_values(conn, query, query.marker)
        if values is None:
            raise MarkerNotFound(marker=query.marker)
        return dataclasses.replace(query, marker=None, marker_values=values)

    def _pages(
        self, cells: Sequence[tuple[str, Database]], query: InstanceQuery
    ) -> list[tuple[str, list[Instance]]]:
        with concurrent.futures.ThreadPoolExecutor(
            max_workers=min(max(len(cells), 1), MAX_CELLS_AT_ONCE)
        ) as pool:
            futures = [
                (uuid, pool.submit(self._page, uuid, database, query)) for uuid, database in cells
            ]
            return [(uuid, future.result()) for uuid, future in futures]

    def _page(self, uuid: str, database: Database, query: InstanceQuery) -> list[Instance]:
        """What one database gives; nothing when it does not answer, which is remembered."""
        # A whole page, though some of it may be filled: what is there may come again from here.
        limit = self.limit
        try:
            if self.wanted.keep is None:
                with database.read() as conn:
                    return instances.list_(conn, dataclasses.replace(query, limit=limit))
            return self._kept(database, query, limit)
        except DatabaseUnavailable:
            LOG.warning("cell %s does not answer; its servers are missing from a list", uuid)
            self.down.append(uuid)
            return []

    def _kept(self, database: Database, query: InstanceQuery, limit: int | None) -> list[Instance]:
        """Page through a database until enough servers pass the last condition."""
        assert self.wanted.keep is not None
        kept: list[Instance] = []
        size = self.deployment.conf.api.max_limit
        while True:
            with database.read() as conn:
                page = instances.list_(conn, dataclasses.replace(query, limit=size))
                kept += filter(self.wanted.keep, page)
                if len(page) < size or (limit is not None and len(kept) >= limit):
                    return kept
                values = instances.marker_values(conn, query, page[-1].uuid)
            query = dataclasses.replace(query, marker=None, marker_values=values)

    # ---- cells that do not answer ----

    def _settle_down_cells(self) -> None:
        if not self.down:
            return
        if not self.wanted.partial:
            if self.deployment.conf.api.list_records_by_skipping_down_cells:
                return
            raise NovaliteError("Not all cells respond; servers are missing.")
        with self.api.read() as conn:
            for uuid in self.down:
                self.listing.unreachable += instance_mappings.list_(
                    conn, project_id=self.wanted.project_id, cell_uuid=uuid, limit=self.limit
                )
        if self.limit is not None:
            room = max(self.limit - len(self.listing.servers), 0)
            self.listing.unreachable = self.listing.unreachable[:room]
