"""The user's keys and values of a server."""

from collections.abc import Callable

from sqlalchemy import Connection

from novalite import quota
from novalite.api.compute import held, lookup, parameters, parts
from novalite.context import RequestContext
from novalite.db.cell_database import pairs
from novalite.deployment import Deployment
from novalite.exception import NotFound
from novalite.objects import Instance

Metadata = dict[str, str]


def merge(
    deployment: Deployment, context: RequestContext, found: lookup.Found, given: Metadata
) -> Metadata:
    """All there is then. Raises MetadataLimitExceeded (403), InstanceInvalidState and
    InstanceIsLocked (409)."""
    return _update(deployment, context, found, lambda current: {**current, **given})


def replace(
    deployment: Deployment, context: RequestContext, found: lookup.Found, given: Metadata
) -> Metadata:
    """All there is then. Raises as ``merge``."""
    return _update(deployment, context, found, lambda current: given)


def _update(
    deployment: Deployment,
    context: RequestContext,
    found: lookup.Found,
    make: Callable[[Metadata], Metadata],
) -> Metadata:
    with parts.api_database(deployment).read() as conn:
        limits = quota.limits(
            deployment.conf, conn, found.instance.project_id, found.instance.user_id
        )

    def write(conn: Connection, instance: Instance) -> Metadata:
        wanted = make(pairs.of(conn, pairs.METADATA, instance.uuid))
        parameters.check_metadata(limits, wanted)
        pairs.replace(conn, pairs.METADATA, instance.uuid, wanted, deployment.clock.now())
        return wanted

    return held.change(deployment, context, found, "update metadata", write)


def remove(deployment: Deployment, context: RequestContext, found: lookup.Found, key: str) -> None:
    """Raises NotFound, InstanceInvalidState and InstanceIsLocked."""
    check_there(found.instance.metadata, key)

    def write(conn: Connection, instance: Instance) -> None:
        current = pairs.of(conn, pairs.METADATA, instance.uuid)
        check_there(current, key)
        del current[key]
        pairs.replace(conn, pairs.METADATA, instance.uuid, current, deployment.clock.now())

    held.change(deployment, context, found, "delete metadata", write)


def check_there(metadata: Metadata | None, key: str) -> None:
    """Raises NotFound."""
    if key not in (metadata or {}):
        raise NotFound("Metadata item was not found")
