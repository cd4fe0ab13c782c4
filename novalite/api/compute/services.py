"""Use-cases of services: find one in its cell, and delete it with all that hangs on it."""

from sqlalchemy import Connection

from novalite.api.compute.hosts import COMPUTE, databases_of, find_service
from novalite.db.api_database import aggregates, host_mappings
from novalite.db.cell_database import compute_nodes, instances, services
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.exception import Conflict, NotFound, ServiceNotFound, ValidationError
from novalite.objects import Service


def by_uuid(deployment: Deployment, uuid: str) -> tuple[Database, Service]:
    """Raises ServiceNotFound."""
    found = find_service(deployment, lambda service: service.uuid == uuid)
    if not found:
        raise ServiceNotFound(service_id=uuid)
    return found[0]


def by_number(deployment: Deployment, number: int) -> tuple[Database, Service]:
    """Raises ServiceNotFound, and ValidationError when several cells gave this number."""
    found = find_service(deployment, lambda service: service.id == number)
    if not found:
        raise ServiceNotFound(service_id=number)
    if len(found) > 1:
        raise ValidationError(
            detail=f"Service id {number} refers to multiple services; name it by its uuid."
        )
    return found[0]


def by_host(deployment: Deployment, host: str, binary: str) -> tuple[Database, Service]:
    """Raises NotFound."""
    found = find_service(
        deployment, lambda service: (service.host, service.binary) == (host, binary)
    )
    if not found:
        raise NotFound(f"Could not find binary {binary} on host {host}.")
    return found[0]


def delete(deployment: Deployment, database: Database, service: Service) -> None:
    """A compute service goes with its nodes, its host's mapping and its places in aggregates.

    Raises Conflict while it has servers. What is left after a crash in the middle is harmless:
    the mapping and the aggregates name a host that nothing runs on, as for a host that is new.
    """
    now = deployment.clock.now()

    def destroy(conn: Connection) -> None:
        if service.binary == COMPUTE:
            if instances.count(conn, host=service.host):
                raise Conflict(
                    "Unable to delete compute service that is hosting instances. Migrate or "
                    "delete the instances first."
                )
            for node in compute_nodes.on_host(conn, service.host):
                compute_nodes.destroy(conn, node.uuid, now)
        services.destroy(conn, service.uuid, now)

    database.run(destroy)
    if service.binary == COMPUTE:
        _forget_host(deployment, service.host)


def _forget_host(deployment: Deployment, host: str) -> None:
    api = databases_of(deployment).api
    assert api is not None

    def forget(conn: Connection) -> None:
        for aggregate in aggregates.list_(conn):
            if host in aggregate.hosts:
                aggregates.remove_host(conn, aggregate.id, host)
        host_mappings.destroy(conn, host)

    api.run(forget)
