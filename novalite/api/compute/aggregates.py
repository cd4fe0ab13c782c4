"""Use-cases of host aggregates.

A host is in at most one availability zone, and a server never changes its zone: what would break
that is refused while the host has servers.
"""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from novalite.api.compute import hosts, parts
from novalite.context import RequestContext
from novalite.db.api_database import aggregates
from novalite.db.api_database.aggregates import ZONE
from novalite.db.cell_database import instances
from novalite.db.cell_database.instances import InstanceQuery
from novalite.deployment import Deployment
from novalite.exception import (
    AggregateHostNotFound,
    AggregateHostRefused,
    AggregateNotFound,
    AggregateUnchanged,
    ComputeHostNotFound,
    NotFound,
    ValidationError,
)
from novalite.objects import Aggregate


def _change(
    deployment: Deployment,
    aggregate_id: int,
    change: Callable[[Connection, Aggregate, list[Aggregate]], None],
) -> Aggregate:
    """One transaction, in which no other aggregate changes. ``change`` gets the aggregate and all
    the others. Raises AggregateNotFound."""

    def run(conn: Connection) -> Aggregate:
        everything = aggregates.lock_all(conn)
        mine = [aggregate for aggregate in everything if aggregate.id == aggregate_id]
        if not mine:
            raise AggregateNotFound(aggregate_id=aggregate_id)
        others = [aggregate for aggregate in everything if aggregate.id != aggregate_id]
        change(conn, mine[0], others)
        return aggregates.get(conn, aggregate_id)

    return parts.api_database(deployment).run(run)


def _have_servers(deployment: Deployment, names: Iterable[str]) -> bool:
    """Whether any of these hosts has a server. At most one statement per cell."""
    wanted = sorted(names)
    if not wanted:
        return False
    query = InstanceQuery(equals={"host": wanted}, load=(), limit=1)
    cells = hosts.each_cell(parts.databases(deployment), lambda conn: instances.list_(conn, query))
    return any(found for _, _, found in cells)


def _zones(of: Iterable[Aggregate], names: Iterable[str]) -> list[str]:
    """The zones that aggregates put any of the hosts in."""
    wanted = set(names)
    zones = (a.metadata[ZONE] for a in of if ZONE in a.metadata and wanted & set(a.hosts))
    return list(dict.fromkeys(zones))


# ---- changes of an aggregate ----


def _check_new_zone(
    deployment: Deployment,
    aggregate: Aggregate,
    others: list[Aggregate],
    zone: str | None,
    action: str,
) -> None:
    """Raises AggregateUnchanged."""

    def refuse(reason: str) -> AggregateUnchanged:
        return AggregateUnchanged(action=action, aggregate_id=aggregate.id, reason=reason)

    if not zone:
        raise refuse(f"Aggregate {aggregate.name} does not support empty named availability zone")
    elsewhere = [other for other in _zones(others, aggregate.hosts) if other != zone]
    if elsewhere:
        raise refuse(f"One or more hosts already in availability zone(s) {elsewhere}")
    if zone != aggregate.metadata.get(ZONE) and _have_servers(deployment, aggregate.hosts):
        raise refuse("One or more hosts contain instances in this zone")


def update(
    deployment: Deployment, aggregate_id: int, name: str | None, zones: Mapping[str, str | None]
) -> Aggregate:
    """``name`` None: as it was; ``zones``: the new zone by the metadata's name of it, if it is to
    change.

    Raises AggregateNotFound, AggregateNameExists, AggregateUnchanged.
    """

    def change(conn: Connection, aggregate: Aggregate, others: list[Aggregate]) -> None:
        if ZONE in zones:
            _check_new_zone(deployment, aggregate, others, zones[ZONE], "update")
            aggregates.update_metadata(conn, aggregate_id, zones)
        aggregates.rename(conn, aggregate_id, aggregate.name if name is None else name)

    return _change(deployment, aggregate_id, change)


def set_metadata(
    deployment: Deployment, aggregate_id: int, changes: Mapping[str, str | None]
) -> Aggregate:
    """None removes a key. Raises AggregateNotFound and AggregateUnchanged."""

    def change(conn: Connection, aggregate: Aggregate, others: list[Aggregate]) -> None:
        if ZONE in changes:
            _check_new_zone(deployment, aggregate, others, changes[ZONE], "update metadata of")
        aggregates.update_metadata(conn, aggregate_id, changes)
        aggregates.touch(conn, aggregate_id)

    return _change(deployment, aggregate_id, change)


def delete(deployment: Deployment, aggregate_id: int) -> None:
    """Raises AggregateNotFound, and AggregateUnchanged for one that has hosts."""

    def run(conn: Connection) -> None:
        if aggregates.get(conn, aggregate_id, lock=True).hosts:
            raise AggregateUnchanged(
                action="delete", aggregate_id=aggregate_id, reason="Host aggregate is not empty"
            )
        aggregates.destroy(conn, aggregate_id)

    parts.api_database(deployment).run(run)


# ---- hosts ----


def _check_move(
    deployment: Deployment,
    action: str,
    host: str,
    aggregate: Aggregate,
    before: list[str],
    after: list[str],
) -> None:
    """``before``, ``after``: the zone of the host, or nothing for the default one. Raises
    AggregateHostRefused when it changes and the host has servers."""
    default = [deployment.conf.default_availability_zone]
    if (before or default) != (after or default) and _have_servers(deployment, [host]):
        raise AggregateHostRefused(
            action=action,
            host=host,
            aggregate_id=aggregate.id,
            reason="The host has instances, which would move to another availability zone",
        )


def add_host(deployment: Deployment, aggregate_id: int, host: str) -> Aggregate:
    """Raises AggregateNotFound, ComputeHostNotFound, AggregateHostExists, AggregateHostRefused."""
    found = hosts.list_services(deployment, host=host, binary=hosts.COMPUTE).found
    # MariaDB takes names for equal that differ in case.
    if all(service.host != host for service in found):
        raise ComputeHostNotFound(host=host)

    def change(conn: Connection, aggregate: Aggregate, others: list[Aggregate]) -> None:
        zone = aggregate.metadata.get(ZONE)
        before = _zones(others, [host])
        if zone is not None:
            elsewhere = [other for other in before if other != zone]
            if elsewhere:
                raise AggregateHostRefused(
                    action="add",
                    host=host,
                    aggregate_id=aggregate.id,
                    reason=f"One or more hosts already in availability zone(s) {elsewhere}",
                )
            if host not in aggregate.hosts:
                _check_move(deployment, "add", host, aggregate, before, [zone])
        aggregates.add_host(conn, aggregate_id, host)

    return _change(deployment, aggregate_id, change)


def remove_host(deployment: Deployment, aggregate_id: int, host: str) -> Aggregate:
    """Raises AggregateNotFound, AggregateHostNotFound, AggregateHostRefused."""

    def change(conn: Connection, aggregate: Aggregate, others: list[Aggregate]) -> None:
        if host not in aggregate.hosts:
            raise AggregateHostNotFound(aggregate_id=aggregate_id, host=host)
        if ZONE in aggregate.metadata:
            zone, after = aggregate.metadata[ZONE], _zones(others, [host])
            _check_move(deployment, "remove", host, aggregate, [zone], after)
        aggregates.remove_host(conn, aggregate_id, host)

    try:
        return _change(deployment, aggregate_id, change)
    except NotFound:
        raise NotFound(f"Cannot remove host {host} in aggregate {aggregate_id}") from None


# ---- images ----


def cache_images(
    deployment: Deployment, context: RequestContext, aggregate_id: int, image_ids: list[str]
) -> None:
    """Ask all hosts of the aggregate that are up to fetch these images.

    Raises ValidationError for one that is named twice, AggregateNotFound, ImageNotFound.
    """
    if len(set(image_ids)) < len(image_ids):
        raise ValidationError(detail="Duplicate images in request")
    with parts.api_database(deployment).read() as conn:
        aggregate = aggregates.get(conn, aggregate_id)
    service = parts.image(deployment)
    images = [service.get(context, image_id) for image_id in image_ids]
    now, patience = deployment.clock.now(), deployment.conf.service_down_time
    wanted = set(aggregate.hosts)
    for found in hosts.list_services(deployment, binary=hosts.COMPUTE).found:
        if found.host in wanted and found.is_up(now, patience):
            parts.compute(deployment).cache_images(context, found.host, images)
