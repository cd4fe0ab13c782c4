"""/group_types and their group_specs: since 3.11"""

from collections.abc import Iterable

from novalite.exception import ValidationError
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import (
    BOOLEAN,
    NAME,
    PAIRS,
    TEXT,
    listed,
    object_,
    public_of,
    query_of,
    service_of,
)
from novalite.wsgi.operations import Answer, Operation, Request, Schema

SINCE = "3.11"
CREATE = object_(
    {
        "group_type": object_(
            {"name": NAME, "description": TEXT, "is_public": BOOLEAN, "group_specs": PAIRS}, "name"
        )
    },
    "group_type",
)
_NEW_NAME: Schema = {"type": ["string", "null"], "maxLength": 255}
UPDATE = object_(
    {"group_type": object_({"name": _NEW_NAME, "description": TEXT, "is_public": BOOLEAN})},
    "group_type",
)
SPECS = object_({"group_specs": PAIRS}, "group_specs")
SPEC: Schema = {**PAIRS, "minProperties": 1, "maxProperties": 1}


def _views(request: Request, found: Iterable[Row]) -> list[Row]:
    names = ["id", "name", "description", "is_public"]
    if service_of(request).core.allowed(request.context, "group:access_group_types_specs"):
        names.append("group_specs")
    return [{name: row[name] for name in names} for row in found]


def _view(request: Request, row: Row) -> Row:
    return _views(request, [row])[0]


def _list(request: Request) -> Row:
    query = query_of(request)
    public = public_of(request) if service_of(request).core.sees_all(request.context) else True
    found = service_of(request).group_types.list_(request.context, public, query)
    views = _views(request, found)
    return listed(request, "group_types", "/group_types", views, query)


def _show(request: Request) -> Row:
    row = service_of(request).group_types.show(request.context, request.path["id"])
    return {"group_type": _view(request, row)}


def _create(request: Request) -> Row:
    row = service_of(request).group_types.create(request.context, request.body["group_type"])
    return {"group_type": _view(request, row)}


def _update(request: Request) -> Row:
    body = request.body["group_type"]
    row = service_of(request).group_types.update(request.context, request.path["id"], body)
    return {"group_type": _view(request, row)}


def _delete(request: Request) -> Answer:
    service_of(request).group_types.delete(request.context, request.path["id"])
    return Answer()


# ---- specs ----


def _specs(request: Request) -> Row:
    found = service_of(request).group_types.specs(request.context, request.path["id"])
    return {"group_specs": found}


def _spec(request: Request) -> Row:
    path = request.path
    return dict(service_of(request).group_types.spec(request.context, path["id"], path["key"]))


def _set_specs(request: Request) -> Row:
    specs = request.body["group_specs"]
    service_of(request).group_types.set_specs(request.context, request.path["id"], specs)
    return {"group_specs": specs}


def _set_spec(request: Request) -> Row:
    if request.path["key"] not in request.body:
        raise ValidationError(detail="Request body and URI mismatch")
    group_types = service_of(request).group_types
    group_types.set_specs(request.context, request.path["id"], request.body)
    return dict(request.body)


def _delete_spec(request: Request) -> Answer:
    path = request.path
    service_of(request).group_types.delete_spec(request.context, path["id"], path["key"])
    return Answer()


_ONE = "/group_types/{id}"
_SPECS = f"{_ONE}/group_specs"
_SPEC = f"{_SPECS}/{{key}}"
_CHANGE = (400, 403, 404)
OPERATIONS = [
    Operation("GET", "/group_types", _list, "List group types", min_version=SINCE, errors=(400,)),
    Operation("GET", _ONE, _show, "Show a group type", min_version=SINCE, errors=(404,)),
    Operation(
        "POST",
        "/group_types",
        _create,
        "Create a group type",
        success=202,
        min_version=SINCE,
        request=CREATE,
        errors=(400, 403, 409),
    ),
    Operation(
        "PUT",
        _ONE,
        _update,
        "Update a group type",
        min_version=SINCE,
        request=UPDATE,
        errors=(*_CHANGE, 409),
    ),
    Operation(
        "DELETE",
        _ONE,
        _delete,
        "Delete a group type",
        success=202,
        min_version=SINCE,
        errors=_CHANGE,
    ),
    Operation("GET", _SPECS, _specs, "List group specs", min_version=SINCE, errors=(403, 404)),
    Operation("GET", _SPEC, _spec, "Show a group spec", min_version=SINCE, errors=(403, 404)),
    Operation(
        "POST",
        _SPECS,
        _set_specs,
        "Set group specs",
        success=202,
        min_version=SINCE,
        request=SPECS,
        errors=_CHANGE,
    ),
    Operation(
        "PUT",
        _SPEC,
        _set_spec,
        "Set a group spec",
        min_version=SINCE,
        request=SPEC,
        errors=_CHANGE,
    ),
    Operation(
        "DELETE",
        _SPEC,
        _delete_spec,
        "Delete a group spec",
        success=202,
        min_version=SINCE,
        errors=_CHANGE,
    ),
]
