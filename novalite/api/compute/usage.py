"""What servers used within a period, over all cells."""

import datetime
import heapq

from novalite.api.compute import parts
from novalite.db.cell_database import usage
from novalite.db.cell_database.usage import Place, ServerUse
from novalite.deployment import Deployment
from novalite.exception import MarkerNotFound


def servers(
    deployment: Deployment,
    begin: datetime.datetime,
    end: datetime.datetime,
    *,
    project_id: str | None = None,
    limit: int,
    marker: str | None = None,
) -> list[ServerUse]:
    """By project and uuid; one statement per cell, and one more to find the marker. Raises
    MarkerNotFound, and DatabaseUnavailable when a cell does not answer: a bill that lacks servers
    would be believed."""
    if limit == 0:
        return []
    after = None if marker is None else _place(deployment, marker)
    pages = []
    for _, database in parts.databases(deployment).cells(disabled=True):
        with database.read() as conn:
            pages.append(
                usage.active(conn, begin, end, project_id=project_id, limit=limit, after=after)
            )
    return list(heapq.merge(*pages, key=lambda use: use.place))[:limit]


def _place(deployment: Deployment, uuid: str) -> Place:
    for _, database in parts.databases(deployment).cells(disabled=True):
        with database.read() as conn:
            found = usage.place_of(conn, uuid)
        if found is not None:
            return found
    raise MarkerNotFound(marker=uuid)


def hours(use: ServerUse, begin: datetime.datetime, end: datetime.datetime) -> float:
    """How long the server ran within the period."""
    last = end if use.terminated_at is None else min(end, use.terminated_at)
    ran = last - max(use.launched_at, begin)
    return max(ran.total_seconds(), 0.0) / 3600
