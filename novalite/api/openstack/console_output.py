"""The console log of a server: the os-getConsoleOutput action."""

from novalite.api.compute import console
from novalite.api.openstack.schemas import console_output as schemas
from novalite.api.openstack.servers import find
from novalite.wsgi.operations import Operation, Request


def get_console_output(req: Request) -> dict[str, str]:
    found = find(req, "os_compute_api:os-console-output")
    length = req.body["os-getConsoleOutput"].get("length")
    return {"output": console.output(req.deployment, req.context, found, length)}


OPERATIONS = [
    Operation(
        "POST",
        "/servers/{id}/action",
        get_console_output,
        "Tail of console log",
        action="os-getConsoleOutput",
        request=schemas.GET_CONSOLE_OUTPUT,
        response=schemas.ANSWER,
        errors=(404, 409, 501),
    ),
]
