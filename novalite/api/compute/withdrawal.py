"""Take back the promise of a server that no conductor has handed to a cell yet."""

from sqlalchemy import Connection

from novalite.api.compute import parts
from novalite.db.api_database import build_requests, instance_groups, instance_mappings
from novalite.deployment import Deployment


def withdraw(deployment: Deployment, uuid: str) -> bool:
    """A conductor that works on it notices. False: there was none."""

    def write(conn: Connection) -> bool:
        if not build_requests.destroy(conn, uuid):
            return False
        forget(conn, uuid)
        return True

    return parts.api_database(deployment).run(write)


def forget(conn: Connection, uuid: str) -> None:
    """The server no longer counts against quotas and groups."""
    instance_mappings.queue_for_delete(conn, uuid)
    instance_groups.remove_member(conn, uuid)
