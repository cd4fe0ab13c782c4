"""PUT /servers/{id}: what a user may change of a server without touching its guest."""

import dataclasses
from typing import Any

from sqlalchemy import Connection

from novalite.api.compute import lookup, parts
from novalite.context import RequestContext
from novalite.db.api_database import aggregates, build_requests, request_specs
from novalite.db.cell_database import instances
from novalite.deployment import Deployment
from novalite.exception import BuildRequestNotFound, Conflict, InstanceNotFound
from novalite.objects import RequestSpec

SAME: Any = object()
"""Leave this member as it is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """``pinned_zone`` None unpins the server from its zone (2.104)."""

    display_name: Any = SAME
    display_description: Any = SAME
    access_ip_v4: Any = SAME
    access_ip_v6: Any = SAME
    hostname: Any = SAME
    auto_disk_config: Any = SAME
    pinned_zone: Any = SAME

    def columns(self) -> dict[str, Any]:
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {
            name: value
            for name, value in values.items()
            if value is not SAME and name != "pinned_zone"
        }


def update(
    deployment: Deployment, context: RequestContext, found: lookup.Found, changes: Changes
) -> lookup.Found:
    """The server as it is then. Raises InstanceNotFound and Conflict (a pin that cannot be)."""
    if changes.pinned_zone is not SAME:
        _pin(deployment, found, changes.pinned_zone)
    columns = changes.columns()
    if not columns:
        return found
    now, uuid = deployment.clock.now(), found.instance.uuid
    if found.request is not None and _update_promise(deployment, found, columns):
        return found
    if found.request is not None:
        found = lookup.find(parts.databases(deployment), context, uuid)
        if found.request is not None:
            raise InstanceNotFound(instance_id=uuid)

    def write(conn: Connection) -> None:
        instances.update(conn, uuid, columns, now=now)

    found.cell.run(write)
    return lookup.find(parts.databases(deployment), context, uuid)


def _update_promise(deployment: Deployment, found: lookup.Found, columns: dict[str, Any]) -> bool:
    """Change a build request; False when a conductor has moved it to a cell meanwhile."""
    uuid = found.instance.uuid

    def write(conn: Connection) -> bool:
        request = build_requests.get(conn, uuid)
        for name, value in columns.items():
            setattr(request.instance, name, value)
            setattr(found.instance, name, value)
        return build_requests.save(conn, request)

    try:
        return parts.api_database(deployment).run(write)
    except BuildRequestNotFound:
        return False


def _pin(deployment: Deployment, found: lookup.Found, zone: str | None) -> None:
    """A server may be unpinned, or pinned again to the zone that it is in. Raises Conflict."""
    database = parts.api_database(deployment)

    def write(conn: Connection) -> RequestSpec:
        spec = request_specs.get(conn, found.instance.uuid)
        if spec.availability_zone == zone:
            return spec
        if zone is not None:
            _check_pin(conn, spec)
        spec.availability_zone = zone
        request_specs.save(conn, spec)
        return spec

    def _check_pin(conn: Connection, spec: RequestSpec) -> None:
        if spec.availability_zone is not None:
            raise Conflict(
                f"Server {found.instance.uuid} is pinned to availability zone "
                f"{spec.availability_zone}; unpin it first."
            )
        host = found.instance.host
        current = found.instance.availability_zone or ""
        if host:
            default = deployment.conf.default_availability_zone
            current = aggregates.zones(conn).get(host, default)
        if zone != current:
            raise Conflict(
                f"Server {found.instance.uuid} is in availability zone {current}; it cannot be "
                f"pinned to {zone}."
            )

    database.run(write)
