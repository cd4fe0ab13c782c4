"""Where a server may go: availability zones, forced hosts, requested hosts."""

from novalite.api.compute import parts
from novalite.api.compute.request import Destination
from novalite.db.api_database import aggregates
from novalite.db.cell_database import compute_nodes, services
from novalite.deployment import Deployment
from novalite.exception import InvalidInput, ValidationError

COMPUTE_BINARY = "nova-compute"


def parse_zone(text: str | None, default: str | None = None) -> Destination:
    """``zone``, ``zone:host``, ``zone:host:node`` or ``zone::node``. Raises InvalidInput."""
    if text is None:
        return Destination(zone=default)
    parts = text.split(":")
    if len(parts) > 3:
        raise InvalidInput(reason="Unable to parse availability_zone")
    zone, host, node = (*parts, *[""] * (3 - len(parts)))[:3]
    return Destination(zone=zone or default, force_host=host or None, force_node=node or None)


def available_zones(deployment: Deployment) -> set[str]:
    """The zones of all compute services that are not disabled."""
    databases = parts.databases(deployment)
    with parts.api_database(deployment).read() as conn:
        zones = aggregates.zones(conn)
    default = deployment.conf.default_availability_zone
    found = set()
    for _, database in databases.cells():
        with database.read() as conn:
            for service in services.list_(conn, binary=COMPUTE_BINARY, disabled=False):
                found.add(zones.get(service.host, default))
    return found


def check(deployment: Deployment, destination: Destination) -> None:
    """Raises ValidationError when the zone or the requested host does not exist."""
    zone = None if destination.forced else destination.zone
    if zone and zone not in available_zones(deployment):
        raise ValidationError(detail="The requested availability zone is not available")
    if destination.host or destination.node:
        _check_requested_host(deployment, destination)


def _check_requested_host(deployment: Deployment, destination: Destination) -> None:
    databases = parts.databases(deployment)
    for _, database in databases.cells():
        with database.read() as conn:
            if destination.host:
                nodes = compute_nodes.on_host(conn, destination.host)
            else:
                nodes = compute_nodes.list_(conn, name_contains=destination.node)
        if any(destination.node in (None, node.hypervisor_hostname) for node in nodes):
            return
    missing = destination.node if destination.node else destination.host
    raise ValidationError(detail=f"Compute host {missing} could not be found.")
