"""Removing what interrupted work left behind: claims without a server, servers without a
promise. Everything is looked at again in the transaction that removes it."""

import datetime
import logging

from sqlalchemy import Connection

from novalite.conductor.cells import Cells
from novalite.db.api_database import build_requests, instance_mappings
from novalite.db.api_database.leftovers import kept_promises, promised
from novalite.db.cell_database import allocations, instances, leftovers
from novalite.db.engine import Database

LOG = logging.getLogger(__name__)

GRACE = datetime.timedelta(seconds=60)
"""Age below which anything may still be somebody's work under way."""


def remove_claims(
    cells: Cells, database: Database, now: datetime.datetime, host: str | None = None
) -> int:
    """Claims older than GRACE (on ``host``, or in the whole cell) of servers that are gone, or
    that are on another node; how many there were."""
    before = now - GRACE
    with database.read() as conn:
        gone = {claim.instance_uuid for claim in allocations.orphans(conn, host, before)}
        strays = [] if host is not None else leftovers.stray_claims(conn, before)
    gone -= _promised(cells, gone)
    if not gone and not strays:
        return 0

    def remove(conn: Connection) -> int:
        # A server that was built between the two looks is an orphan no more.
        still = [o for o in allocations.orphans(conn, host, before) if o.instance_uuid in gone]
        removed = sum(allocations.release(conn, o.instance_uuid, o.compute_id) for o in still)
        if strays:
            for uuid, node in leftovers.stray_claims(conn, before):
                removed += allocations.release(conn, uuid, node)
        return removed

    removed = database.run(remove)
    if removed:
        LOG.info("removed %d claims of servers that are gone or elsewhere", removed)
    return removed


def _promised(cells: Cells, uuids: set[str]) -> set[str]:
    if not uuids:
        return set()
    with cells.api.read() as conn:
        return promised(conn, uuids)


def remove_ghosts(
    cells: Cells,
    database: Database,
    cell_uuid: str,
    now: datetime.datetime,
    since: datetime.datetime | None,
) -> int:
    """Rows of servers that the user deleted while they were being built, when the conductor died
    before it removed them: no build request is left, and no mapping points to this cell.

    ``since``: only rows changed after it; None: all. How many there were.
    """
    with database.read() as conn:
        found = leftovers.newcomers(conn, since, now - GRACE)
    if not found:
        return 0
    with cells.api.read() as conn:
        still = promised(conn, found)
        mappings = instance_mappings.get_many(conn, found)
    ghosts = [
        uuid
        for uuid in found
        if uuid not in still and (uuid not in mappings or mappings[uuid].cell_uuid != cell_uuid)
    ]

    def remove(conn: Connection) -> None:
        for uuid in ghosts:
            instances.destroy(conn, uuid, now)

    if ghosts:
        database.run(remove)
        LOG.info("removed %d servers that were deleted while they were built", len(ghosts))
    return len(ghosts)


def remove_kept_promises(cells: Cells) -> int:
    """Build requests whose server is in a cell already; how many there were."""

    def remove(conn: Connection) -> int:
        return sum(build_requests.destroy(conn, uuid) for uuid in kept_promises(conn))

    with cells.api.read() as conn:
        if not kept_promises(conn):
            return 0
    return cells.api.run(remove)
