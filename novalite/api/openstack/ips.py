"""Addresses of a server: /servers/{server_id}/ips."""

from typing import Any

from novalite.api.openstack import servers
from novalite.api.openstack.schemas import ips as schemas
from novalite.api.openstack.views.servers import addresses
from novalite.exception import NotFound
from novalite.wsgi.operations import Operation, Request

INDEX_RULE = "os_compute_api:ips:index"
SHOW_RULE = "os_compute_api:ips:show"


def index(req: Request) -> dict[str, Any]:
    found = servers.find(req, INDEX_RULE, uuid=req.path["server_id"])
    return {"addresses": addresses(found.instance, extended=False)}


def show(req: Request) -> dict[str, Any]:
    """``{id}`` is the label of a network."""
    found = servers.find(req, SHOW_RULE, uuid=req.path["server_id"])
    label = req.path["id"]
    known = addresses(found.instance, extended=False)
    if label not in known:
        raise NotFound("Network label is not found")
    return {label: known[label]}


OPERATIONS = [
    Operation(
        "GET",
        "/servers/{server_id}/ips",
        index,
        "Server addresses by network",
        query=schemas.QUERY,
        response=schemas.INDEX,
        errors=(404,),
    ),
    Operation(
        "GET",
        "/servers/{server_id}/ips/{id}",
        show,
        "Server addresses on one network label",
        query=schemas.QUERY,
        response=schemas.SHOW,
        errors=(404,),
    ),
]
