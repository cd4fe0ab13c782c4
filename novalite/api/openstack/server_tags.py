"""Tags of a server: /servers/{server_id}/tags (2.26)."""

import re
from typing import Any
from urllib.parse import quote

from novalite.api.compute import server_tags
from novalite.api.compute.lookup import Found
from novalite.api.openstack import servers
from novalite.api.openstack.schemas import server_tags as schemas
from novalite.api.openstack.schemas import types
from novalite.exception import NotFound, ValidationError
from novalite.wsgi.operations import Answer, Operation, Request, Versioned

RULE = "os_compute_api:os-server-tags:"
_TAG = re.compile(types.TAG["pattern"])


def _find(req: Request, action: str) -> Found:
    return servers.find(req, RULE + action, uuid=req.path["server_id"])


def index(req: Request) -> dict[str, Any]:
    return {"tags": _find(req, "index").instance.tags or []}


def show(req: Request) -> None:
    instance, tag = _find(req, "show").instance, req.path["id"]
    if tag not in (instance.tags or ()):
        raise NotFound(f"Server {instance.uuid} has no tag '{tag}'")


def update_all(req: Request) -> dict[str, Any]:
    found = _find(req, "update_all")
    return {"tags": server_tags.replace(req.deployment, req.context, found, req.body["tags"])}


def update(req: Request) -> Answer:
    found, tag = _find(req, "update"), req.path["id"]
    if req.body is not None:
        raise ValidationError(detail="A tag is added without a body.")
    if not 1 <= len(tag) <= types.TAG["maxLength"] or not _TAG.match(tag):
        raise ValidationError(
            detail=f"Tag '{tag}' is invalid. It must be a non empty string of at most "
            f"{types.TAG['maxLength']} characters without '/' and ','."
        )
    if not server_tags.add(req.deployment, req.context, found, tag):
        return Answer(status=204)
    location = req.link(f"/servers/{found.instance.uuid}/tags/{quote(tag, safe='')}")
    return Answer(headers={"Location": location})


def delete(req: Request) -> None:
    server_tags.remove(req.deployment, req.context, _find(req, "delete"), req.path["id"])


def delete_all(req: Request) -> None:
    server_tags.remove_all(req.deployment, req.context, _find(req, "delete_all"))


_ALL = "/servers/{server_id}/tags"
_ONE = f"{_ALL}/{{id}}"

OPERATIONS = [
    Operation(
        "GET",
        _ALL,
        index,
        "List server tags",
        min_version="2.26",
        query=schemas.QUERY,
        response=schemas.TAGS,
        errors=(404,),
    ),
    Operation(
        "PUT",
        _ALL,
        update_all,
        "Replace server tags",
        min_version="2.26",
        request=schemas.UPDATE_ALL,
        response=schemas.TAGS,
        errors=(404, 409),
    ),
    Operation(
        "DELETE",
        _ALL,
        delete_all,
        "Remove all tags",
        min_version="2.26",
        success=204,
        errors=(404, 409),
    ),
    Operation(
        "GET",
        _ONE,
        show,
        "Check a tag exists",
        min_version="2.26",
        success=204,
        query=schemas.QUERY,
        errors=(404,),
    ),
    Operation(
        "PUT",
        _ONE,
        update,
        "Add a tag",
        min_version="2.26",
        success=Versioned(("2.26", None, 201), ("2.26", None, 204)),
        errors=(400, 404, 409),
    ),
    Operation(
        "DELETE",
        _ONE,
        delete,
        "Remove a tag",
        min_version="2.26",
        success=204,
        errors=(404, 409),
    ),
]
