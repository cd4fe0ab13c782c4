"""/v3/registered_limits and /v3/limits"""

from typing import Any

from novalite.identity.embedded.limits import MODEL
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    about,
    allowed,
    authorize,
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request

_NUMBER = {"type": "integer", "minimum": -1, "maximum": 0x7FFFFFFF}
_REGION = {"type": ["string", "null"], "maxLength": 255}
_REGISTERED = {
    "service_id": forms.ID,
    "region_id": _REGION,
    "resource_name": forms.LONG_NAME,
    "default_limit": _NUMBER,
    "description": forms.TEXT,
}
_CHANGES = {"resource_limit": _NUMBER, "description": forms.TEXT}
_LIMIT = _CHANGES | {
    "project_id": forms.ID,
    "domain_id": forms.ID,
    "service_id": forms.ID,
    "region_id": _REGION,
    "resource_name": forms.LONG_NAME,
}
_RESOURCE = ("service_id", "region_id", "resource_name")


def _several(noun: str, properties: forms.Schema, required: list[str], **more: Any) -> forms.Schema:
    one = {"type": "object", "properties": properties, "required": required,
           "additionalProperties": False, **more}  # fmt: skip
    many = {"type": "array", "items": one, "minItems": 1}
    return {"type": "object", "properties": {noun: many}, "required": [noun]}


def _registered_view(req: Request, row: Row) -> Row:
    body = views.plain(row, "id", "service_id", "resource_name", "default_limit", "description")
    body["region_id"] = row["region_id"] or None
    return body | views.links(req, f"registered_limits/{row['id']}")


def _view(req: Request, row: Row) -> Row:
    body = views.plain(row, "id", "service_id", "resource_name", "resource_limit", "description")
    body |= {name: row[name] or None for name in ("region_id", "project_id", "domain_id")}
    return body | views.links(req, f"limits/{row['id']}")


# ---- registered limits ----


def list_registered(req: Request) -> dict[str, Any]:
    page = forms.page(req)
    rows = service_of(req).registered_limits.list_(forms.filters(req, *_RESOURCE), page)
    items = [_registered_view(req, row) for row in rows]
    return views.collection(req, "registered_limits", items, page=page)


def show_registered(req: Request) -> dict[str, Any]:
    row = service_of(req).registered_limits.get(req.path["id"])
    return {"registered_limit": _registered_view(req, row)}


def create_registered(req: Request) -> dict[str, Any]:
    rows = service_of(req).registered_limits.create_many(req.body["registered_limits"])
    items = [_registered_view(req, row) for row in rows]
    return views.collection(req, "registered_limits", items)


def update_registered(req: Request) -> dict[str, Any]:
    changes = forms.known(req, "registered_limit", _REGISTERED)
    row = service_of(req).registered_limits.update(req.path["id"], changes)
    return {"registered_limit": _registered_view(req, row)}


def delete_registered(req: Request) -> None:
    service_of(req).registered_limits.delete(req.path["id"])


# ---- limits: one may look at one's project's and domain's ----


def list_(req: Request) -> dict[str, Any]:
    wanted = forms.filters(req, *_RESOURCE, "project_id", "domain_id")
    if not allowed(req, "get_limit", {}):
        context = req.context
        own = (
            {"domain_id": context.domain_id}
            if context.domain_id
            else {"project_id": context.project_id or "-"}
        )
        wanted |= own
    page = forms.page(req)
    rows = service_of(req).limits.list_(wanted, page)
    return views.collection(req, "limits", [_view(req, row) for row in rows], page=page)


def show(req: Request) -> dict[str, Any]:
    row = service_of(req).limits.get(req.path["id"])
    owner = {"project_id": row["project_id"] or None, "domain.id": row["domain_id"] or None}
    authorize(req, "get_limit", about("limit", **owner))
    return {"limit": _view(req, row)}


def create(req: Request) -> dict[str, Any]:
    rows = service_of(req).limits.create_many(req.body["limits"])
    return views.collection(req, "limits", [_view(req, row) for row in rows])


def update(req: Request) -> dict[str, Any]:
    row = service_of(req).limits.update(req.path["id"], forms.known(req, "limit", _CHANGES))
    return {"limit": _view(req, row)}


def delete(req: Request) -> None:
    service_of(req).limits.delete(req.path["id"])


def show_model(req: Request) -> dict[str, Any]:
    return {"model": MODEL}


_ONE_OWNER = {"oneOf": [{"required": ["project_id"]}, {"required": ["domain_id"]}]}
OPERATIONS = [
    Operation(
        "GET", "/v3/registered_limits", list_registered, "List registered limits",
        policy="identity:list_registered_limits",
    ),
    Operation(
        "GET", "/v3/registered_limits/{id}", show_registered, "Show a registered limit",
        policy="identity:get_registered_limit",
    ),
    Operation(
        "POST", "/v3/registered_limits", create_registered, "Create registered limits", success=201,
        policy="identity:create_registered_limits",
        request=_several(
            "registered_limits", _REGISTERED, ["service_id", "resource_name", "default_limit"]
        ),
    ),
    Operation(
        "PATCH", "/v3/registered_limits/{id}", update_registered, "Update a registered limit",
        request=forms.body("registered_limit", _REGISTERED),
        policy="identity:update_registered_limit",
    ),
    Operation(
        "DELETE", "/v3/registered_limits/{id}", delete_registered, "Delete a registered limit",
        success=204, policy="identity:delete_registered_limit",
    ),
    Operation("GET", "/v3/limits", list_, "List limits", policy="identity:list_limits"),
    Operation(
        "GET", "/v3/limits/model", show_model, "Show the model of limits",
        policy="identity:get_limit_model",
    ),
    Operation("GET", "/v3/limits/{id}", show, "Show a limit"),
    Operation(
        "POST", "/v3/limits", create, "Create limits", success=201, policy="identity:create_limits",
        request=_several(
            "limits", _LIMIT, ["service_id", "resource_name", "resource_limit"], **_ONE_OWNER
        ),
    ),
    Operation(
        "PATCH", "/v3/limits/{id}", update, "Update a limit",
        request=forms.body("limit", _CHANGES), policy="identity:update_limit",
    ),
    Operation(
        "DELETE", "/v3/limits/{id}", delete, "Delete a limit", success=204,
        policy="identity:delete_limit",
    ),
]  # fmt: skip
