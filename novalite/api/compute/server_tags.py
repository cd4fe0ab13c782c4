"""Tags of a server."""

from collections.abc import Sequence

from sqlalchemy import Connection

from novalite.api.compute import held, lookup, parameters
from novalite.context import RequestContext
from novalite.db.cell_database import tags
from novalite.deployment import Deployment
from novalite.exception import NotFound, ValidationError
from novalite.objects import Instance

MOST = 50
"""Tags of one server."""


def add(deployment: Deployment, context: RequestContext, found: lookup.Found, tag: str) -> bool:
    """Whether it is new. Raises Invalid (there are too many), InstanceInvalidState."""

    def write(conn: Connection, instance: Instance) -> bool:
        there = tags.list_(conn, instance.uuid)
        if tag in there:
            return False
        if len(there) >= MOST:
            raise ValidationError(detail=f"The number of tags exceeded the per-server limit {MOST}")
        parameters.check_distinct("Tags", [*there, tag])
        return tags.add(conn, instance.uuid, tag)

    return held.change(deployment, context, found, "update tag", write)


def replace(
    deployment: Deployment, context: RequestContext, found: lookup.Found, given: Sequence[str]
) -> list[str]:
    """All there are then. Raises Invalid, InstanceInvalidState."""
    parameters.check_distinct("Tags", given)

    def write(conn: Connection, instance: Instance) -> list[str]:
        tags.replace(conn, instance.uuid, given)
        return sorted(set(given))

    return held.change(deployment, context, found, "update tags", write)


def remove(deployment: Deployment, context: RequestContext, found: lookup.Found, tag: str) -> None:
    """Raises NotFound, InstanceInvalidState."""

    def write(conn: Connection, instance: Instance) -> None:
        if not tags.remove(conn, instance.uuid, tag):
            raise NotFound(f"Instance {instance.uuid} has no tag '{tag}'")

    held.change(deployment, context, found, "delete tag", write)


def remove_all(deployment: Deployment, context: RequestContext, found: lookup.Found) -> None:
    """Raises InstanceInvalidState."""

    def write(conn: Connection, instance: Instance) -> None:
        tags.remove(conn, instance.uuid)

    held.change(deployment, context, found, "delete tags", write)
