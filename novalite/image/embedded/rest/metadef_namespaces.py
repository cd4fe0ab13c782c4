"""/v2/metadefs/namespaces"""

from typing import Any
from urllib.parse import quote

from novalite import exception
from novalite.image.embedded.metadefs import schemas
from novalite.image.embedded.rest import common, metadef_views
from novalite.image.embedded.rest.common import service_of
from novalite.wsgi.operations import Answer, Operation, Request

_SORTABLE = ("created_at", "updated_at", "namespace", "id")
_CHANGED = ("namespace", "display_name", "description", "visibility", "protected", "owner")


def list_(req: Request) -> dict[str, Any]:
    visibility = req.query_one("visibility")
    if visibility not in (None, "public", "private"):
        raise exception.Invalid(f"Invalid visibility value: {visibility}")
    kinds = [kind for kind in (req.query_one("resource_types") or "").split(",") if kind]
    sort, limit, marker = common.page(req, _SORTABLE)
    namespaces = service_of(req).metadefs.namespaces
    found = namespaces.list_(req.context, visibility, kinds, sort, limit, marker)
    return common.listed(
        req,
        metadef_views.PATH,
        "namespaces",
        "/v2/schemas/metadefs/namespaces",
        [metadef_views.listed(whole) for whole in found],
        limit,
        found[-1].namespace["namespace"] if found else None,
    )


def show(req: Request) -> dict[str, Any]:
    whole = service_of(req).metadefs.namespaces.show(req.context, req.path["namespace"])
    return metadef_views.full(whole, req.query_one("resource_type"))


def create(req: Request) -> Answer:
    values = {name: req.body[name] for name in _CHANGED if name in req.body}
    contents = metadef_views.contents(req.body)
    whole = service_of(req).metadefs.namespaces.create(req.context, values, contents)
    path = f"{metadef_views.PATH}/{quote(whole.namespace['namespace'], safe='')}"
    return Answer(metadef_views.full(whole), headers={"Location": req.link(path)})


def update(req: Request) -> dict[str, Any]:
    values = {name: req.body[name] for name in _CHANGED if name in req.body}
    namespaces = service_of(req).metadefs.namespaces
    return metadef_views.namespace(
        namespaces.update(req.context, req.path["namespace"], values).namespace
    )


def delete(req: Request) -> None:
    service_of(req).metadefs.namespaces.delete(req.context, req.path["namespace"])


_ONE = "/v2/metadefs/namespaces/{namespace}"
OPERATIONS = [
    Operation(
        "GET", metadef_views.PATH, list_, "List metadata namespaces",
        policy="get_metadef_namespaces", errors=(400, 403),
    ),
    Operation(
        "GET", _ONE, show, "Show a metadata namespace", policy="get_metadef_namespace",
        errors=(403, 404),
    ),
    Operation(
        "POST", metadef_views.PATH, create, "Create a metadata namespace", success=201,
        request=schemas.NAMESPACE, policy="add_metadef_namespace", errors=(400, 403, 409),
    ),
    Operation(
        "PUT", _ONE, update, "Update a metadata namespace", request=schemas.NAMESPACE,
        policy="modify_metadef_namespace", errors=(400, 403, 404, 409),
    ),
    Operation(
        "DELETE", _ONE, delete, "Delete a metadata namespace", success=204,
        policy="delete_metadef_namespace", errors=(403, 404),
    ),
]  # fmt: skip
