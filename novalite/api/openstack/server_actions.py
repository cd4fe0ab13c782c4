"""Power actions of a server: POST /servers/{id}/action."""

from novalite.api.compute import power
from novalite.api.openstack.schemas import server_actions as schemas
from novalite.api.openstack.servers import find
from novalite.wsgi.operations import Operation, Request


def start(req: Request) -> None:
    power.start(req.deployment, req.context, find(req, "os_compute_api:servers:start"))


def stop(req: Request) -> None:
    power.stop(req.deployment, req.context, find(req, "os_compute_api:servers:stop"))


def reboot(req: Request) -> None:
    found = find(req, "os_compute_api:servers:reboot")
    power.reboot(req.deployment, req.context, found, req.body["reboot"]["type"].upper())


OPERATIONS = [
    Operation(
        "POST",
        "/servers/{id}/action",
        start,
        "Start",
        action="os-start",
        success=202,
        request=schemas.START,
        response=schemas.NO_ANSWER,
        errors=(404, 409),
    ),
    Operation(
        "POST",
        "/servers/{id}/action",
        stop,
        "Stop",
        action="os-stop",
        success=202,
        request=schemas.STOP,
        response=schemas.NO_ANSWER,
        errors=(404, 409),
    ),
    Operation(
        "POST",
        "/servers/{id}/action",
        reboot,
        "Reboot (SOFT/HARD)",
        action="reboot",
        success=202,
        request=schemas.REBOOT,
        response=schemas.NO_ANSWER,
        errors=(404, 409),
    ),
]
