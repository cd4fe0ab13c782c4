"""Whether a server's host would hear what it is told."""

from novalite.api.compute.lookup import Found
from novalite.db.cell_database import services
from novalite.deployment import Deployment
from novalite.exception import ComputeHostNotFound


def host_is_up(deployment: Deployment, found: Found, host: str | None) -> bool:
    if not host:
        return False
    with found.cell.read() as conn:
        try:
            service = services.get_by_host(conn, host)
        except ComputeHostNotFound:
            return False
    return service.is_up(deployment.clock.now(), deployment.conf.service_down_time)
