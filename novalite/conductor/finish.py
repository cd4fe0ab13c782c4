"""The end of a build request: in one transaction it goes, and the mapping says where the server
is. Afterwards the server belongs to its cell."""

import datetime
import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from novalite.conductor.cells import Cells
from novalite.db.api_database import build_requests, instance_mappings
from novalite.db.cell_database import instances
from novalite.objects import CELL0_UUID

LOG = logging.getLogger(__name__)


def finish(
    cells: Cells, now: datetime.datetime, uuids: Sequence[str], cell_uuid: str | None
) -> set[str]:
    """Hand the servers over to ``cell_uuid`` (None: cell0), in which their rows are. Those that
    the user deleted meanwhile are removed from it. Returns the uuids handed over by this call.
    """
    target = cell_uuid or CELL0_UUID
    handed, gone = cells.api.run(lambda conn: _hand_over(conn, uuids, target))
    if gone:
        LOG.info("deleted before they were built: %s", ", ".join(gone))

        def remove(conn: Connection) -> None:
            for uuid in gone:
                instances.destroy(conn, uuid, now)

        cells.cell(target).run(remove)
    return handed


def _hand_over(conn: Connection, uuids: Sequence[str], target: str) -> tuple[set[str], list[str]]:
    """(handed over, to be removed again)"""
    handed = build_requests.destroy_many(conn, uuids)
    instance_mappings.set_cell_of(conn, handed, target)
    missing = [uuid for uuid in uuids if uuid not in handed]
    mappings = instance_mappings.get_many(conn, missing)
    # One that another conductor handed over to this very cell stays, deleted or not: it is the
    # cell's then. All others that have no build request have no business here.
    gone = [uuid for uuid in missing if uuid not in mappings or mappings[uuid].cell_uuid != target]
    return handed, gone
