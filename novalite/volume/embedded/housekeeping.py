"""What the process that comes to own a store does before anything else: remove what processes that
were killed left there."""

import logging
import os

import sqlalchemy as sa

from novalite.volume.embedded.backends import Backend
from novalite.volume.embedded.core import Core
from novalite.volume.embedded.errors import BackendFailed
from novalite.volume.embedded.image_source import TEMPORARY
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.tasks import tasks
from novalite.volume.embedded.tables.volumes import volumes

LOG = logging.getLogger(__name__)


def prepare(core: Core, backends: dict[str, Backend]) -> None:
    known = known_locations(core)
    for backend in backends.values():
        try:
            backend.prepare()
            for location in backend.leftovers(known):
                LOG.info("removing %s, which no volume has", location)
                backend.remove(location)
        except BackendFailed as error:
            LOG.error("backend %s cannot be used: %s", backend.name, error)
    folder = core.conf.embedded.volume_store
    for name in os.listdir(folder):
        if name.startswith(TEMPORARY):
            os.unlink(os.path.join(folder, name))


def known_locations(core: Core) -> set[str]:
    """Of volumes and snapshots, and those that unfinished work has written down."""
    found: set[str] = set()
    with core.database.read() as conn:
        for table in (volumes, snapshots):
            query = sa.select(table.c.location).where(table.c.location.is_not(None))
            found.update(str(location) for location in conn.scalars(query))
        for payload in conn.scalars(sa.select(tasks.c.payload)):
            found.update(value for value in payload.values() if isinstance(value, str))
    return found
