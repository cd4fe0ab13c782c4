"""The administrator's password that a guest posted, encrypted with the user's key.

The metadata service takes it; see novalite.guest_data.password.
"""

from sqlalchemy import Connection

from novalite.api.compute import lookup
from novalite.db.cell_database import instances, pairs
from novalite.deployment import Deployment
from novalite.guest_data import password


def clear(deployment: Deployment, found: lookup.Found) -> None:
    """The guest may post another one. A server that is in no cell yet has none."""
    if found.database is None:
        return
    uuid, now = found.instance.uuid, deployment.clock.now()

    def write(conn: Connection) -> None:
        instances.update(conn, uuid, {}, now=now)
        pairs.put(conn, pairs.SYSTEM_METADATA, uuid, dict.fromkeys(password.split("")), now)

    found.cell.run(write)
