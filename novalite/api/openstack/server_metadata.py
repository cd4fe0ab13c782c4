"""The user's keys and values of a server: /servers/{server_id}/metadata."""

from typing import Any

from novalite.api.compute import server_metadata
from novalite.api.compute.lookup import Found
from novalite.api.openstack import servers
from novalite.api.openstack.schemas import server_metadata as schemas
from novalite.exception import ValidationError
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:server-metadata:"


def _find(req: Request, action: str) -> Found:
    return servers.find(req, RULE + action, uuid=req.path["server_id"])


def index(req: Request) -> dict[str, Any]:
    return {"metadata": _find(req, "index").instance.metadata or {}}


def show(req: Request) -> dict[str, Any]:
    metadata, key = _find(req, "show").instance.metadata or {}, req.path["id"]
    server_metadata.check_there(metadata, key)
    return {"meta": {key: metadata[key]}}


def create(req: Request) -> dict[str, Any]:
    found = _find(req, "create")
    given = req.body["metadata"]
    return {"metadata": server_metadata.merge(req.deployment, req.context, found, given)}


def update_all(req: Request) -> dict[str, Any]:
    found = _find(req, "update_all")
    given = req.body["metadata"]
    return {"metadata": server_metadata.replace(req.deployment, req.context, found, given)}


def update(req: Request) -> dict[str, Any]:
    found = _find(req, "update")
    given = req.body["meta"]
    if req.path["id"] not in given:
        raise ValidationError(detail="Request body and URI mismatch")
    server_metadata.merge(req.deployment, req.context, found, given)
    return {"meta": given}


def delete(req: Request) -> None:
    server_metadata.remove(req.deployment, req.context, _find(req, "delete"), req.path["id"])


_ALL = "/servers/{server_id}/metadata"
_ONE = f"{_ALL}/{{id}}"

OPERATIONS = [
    Operation(
        "GET",
        _ALL,
        index,
        "List server metadata",
        query=schemas.QUERY,
        response=schemas.METADATA,
        errors=(404,),
    ),
    Operation(
        "POST",
        _ALL,
        create,
        "Merge server metadata",
        request=schemas.UPDATE_ALL,
        response=schemas.METADATA,
        errors=(403, 404, 409),
    ),
    Operation(
        "PUT",
        _ALL,
        update_all,
        "Replace server metadata",
        request=schemas.UPDATE_ALL,
        response=schemas.METADATA,
        errors=(403, 404, 409),
    ),
    Operation(
        "GET",
        _ONE,
        show,
        "Show metadata item",
        query=schemas.QUERY,
        response=schemas.META,
        errors=(404,),
    ),
    Operation(
        "PUT",
        _ONE,
        update,
        "Set metadata item",
        request=schemas.UPDATE,
        response=schemas.META,
        errors=(400, 403, 404, 409),
    ),
    Operation(
        "DELETE",
        _ONE,
        delete,
        "Delete metadata item",
        success=204,
        errors=(404, 409),
    ),
]
