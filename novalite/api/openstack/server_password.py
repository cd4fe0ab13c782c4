"""The encrypted password of a guest: /servers/{server_id}/os-server-password."""

from typing import Any

from novalite.api.compute import server_password
from novalite.api.openstack import servers
from novalite.api.openstack.schemas import server_password as schemas
from novalite.guest_data import password
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-server-password:"


def index(req: Request) -> dict[str, Any]:
    found = servers.find(req, RULE + "show", uuid=req.path["server_id"])
    return {"password": password.join(found.instance.system_metadata)}


def clear(req: Request) -> None:
    found = servers.find(req, RULE + "clear", uuid=req.path["server_id"])
    server_password.clear(req.deployment, found)


_PATH = "/servers/{server_id}/os-server-password"

OPERATIONS = [
    Operation(
        "GET",
        _PATH,
        index,
        "Show encrypted admin password",
        query=schemas.QUERY,
        response=schemas.INDEX,
        errors=(404,),
    ),
    Operation("DELETE", _PATH, clear, "Clear stored admin password", success=204, errors=(404,)),
]
