"""Moves of servers over all cells."""

import dataclasses
import heapq

from novalite.api.compute import parts
from novalite.db.cell_database import migrations
from novalite.db.cell_database.migrations import MigrationQuery, Place
from novalite.deployment import Deployment
from novalite.exception import MarkerNotFound
from novalite.objects import Migration


def list_(
    deployment: Deployment, query: MigrationQuery, marker: str | None = None
) -> list[Migration]:
    """Newest first, behind the one whose uuid is ``marker``; one statement per cell, and one more
    to find the marker. Raises MarkerNotFound, and DatabaseUnavailable when a cell does not
    answer."""
    if marker is not None:
        query = dataclasses.replace(query, after=_place(deployment, marker))
    if query.limit == 0:
        return []
    pages = []
    for _, database in parts.databases(deployment).cells(disabled=True):
        with database.read() as conn:
            pages.append(migrations.list_(conn, query))
    return list(heapq.merge(*pages, key=migrations.place, reverse=True))[: query.limit]


def _place(deployment: Deployment, uuid: str) -> Place:
    for _, database in parts.databases(deployment).cells(disabled=True):
        with database.read() as conn:
            found = migrations.find(conn, uuid)
        if found is not None:
            return migrations.place(found)
    raise MarkerNotFound(marker=uuid)
