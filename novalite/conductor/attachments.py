"""Volumes that stay reserved because somebody died: given back.

Two ways lead there. The API was killed while it attached a volume, after it wrote the row and
before the row said that the host is to attach it. Or a server was deleted that no host held, and
who deleted it was killed before the volume service heard of it.
"""

import datetime
import functools
import logging
from collections.abc import Collection

from novalite.clock import Clock
from novalite.conductor.cells import Cells
from novalite.context import admin_context
from novalite.db.api_database import instance_mappings
from novalite.db.cell_database import block_devices, instances, leftovers
from novalite.exception import CellMappingNotFound, DatabaseUnavailable, NovaliteError
from novalite.volume.interface import VolumeAPI

LOG = logging.getLogger(__name__)

GRACE = datetime.timedelta(seconds=60)
"""Longer than the volume service may take to answer an API that waits for it."""
COMPARE_EVERY = 600.0
"""Seconds between two looks at all attachments that the volume service has."""
TOGETHER = 500


class Attachments:
    """For the thread that tidies; not safe for several."""

    def __init__(self, cells: Cells, clock: Clock, volume: VolumeAPI) -> None:
        self._cells = cells
        self._clock = clock
        self._volume = volume
        self._compare_at = 0.0

    def tidy(self) -> None:
        """What cannot be done now is tried again the next time."""
        try:
            self.drop_unreserved()
            now = self._clock.monotonic()
            if now >= self._compare_at:
                self.free_those_of_the_gone()
                self._compare_at = now + COMPARE_EVERY
        except DatabaseUnavailable as error:
            LOG.warning("attachments of volumes are not tidied: %s", error)
        except NovaliteError as error:
            LOG.warning("the volume service does not let itself be tidied: %s", error)

    def drop_unreserved(self) -> int:
        """Rows of attachments that nobody completes, with what was reserved for them; how many.
        An API that is merely slow finds its row gone, and gives back what it reserved."""
        now = self._clock.now()
        dropped = 0
        for _, database in self._cells.databases.cells():
            with database.read() as conn:
                found = leftovers.unreserved_volumes(conn, now - GRACE)
            for server, row, volume_id in found:
                self._free(instance_id=server, volume_id=volume_id)
                drop = functools.partial(block_devices.drop_unreserved, uuid=row, now=now)
                if database.run(drop):
                    LOG.info("volume %s is not attached to server %s", volume_id, server)
                    dropped += 1
        return dropped

    def _free(self, **filters: str) -> None:
        context = admin_context()
        for found in self._volume.list_attachments(context, all_tenants=True, **filters):
            self._volume.delete_attachment(context, found["id"])

    def free_those_of_the_gone(self) -> int:
        """Attachments of servers that were ours and are deleted; how many. Of a server that was
        never ours nothing is known here: it may be another cloud's."""
        context = admin_context()
        of_server: dict[str, list[str]] = {}
        for found in self._volume.list_attachments(context, all_tenants=True):
            if found.get("instance"):
                of_server.setdefault(found["instance"], []).append(found["id"])
        servers, freed = list(of_server), 0
        for start in range(0, len(servers), TOGETHER):
            for uuid in self._gone(servers[start : start + TOGETHER]):
                for attachment_id in of_server[uuid]:
                    self._volume.delete_attachment(context, attachment_id)
                    freed += 1
        if freed:
            LOG.info("gave back %d attachments of servers that are gone", freed)
        return freed

    def _gone(self, uuids: Collection[str]) -> set[str]:
        with self._cells.api.read() as conn:
            mappings = instance_mappings.get_many(conn, uuids)
        deleted = {uuid: m for uuid, m in mappings.items() if m.queued_for_delete}
        gone = {uuid for uuid, mapping in deleted.items() if mapping.cell_uuid is None}
        of_cell: dict[str, list[str]] = {}
        for uuid, mapping in deleted.items():
            if mapping.cell_uuid is not None:
                of_cell.setdefault(mapping.cell_uuid, []).append(uuid)
        for cell_uuid, its in of_cell.items():
            try:
                with self._cells.cell(cell_uuid).read() as conn:
                    there = {i.uuid for i in instances.get_many(conn, its, load=())}
            except (CellMappingNotFound, DatabaseUnavailable):
                continue
            gone |= set(its) - there
        return gone
