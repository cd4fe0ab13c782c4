"""/types"""

from collections.abc import Iterable
from typing import Any

from novalite.exception import ValidationError
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.extra_specs import SENSITIVE, seen
from novalite.volume.embedded.rest.requests import (
    BOOLEAN,
    NAME,
    TEXT,
    listed,
    object_,
    public_of,
    query_of,
    service_of,
)
from novalite.wsgi.operations import Answer, Operation, Request, Schema

QOS = "volume_extension:access_types_qos_specs_id"
PUBLIC = "os-volume-type-access:is_public"
_SPECS: Schema = {
    "type": "object",
    "patternProperties": {
        "^[a-zA-Z0-9-_:.]{1,255}$": {"type": ["string", "null"], "maxLength": 255}
    },
    "additionalProperties": False,
}
CREATE = object_(
    {
        "volume_type": object_(
            {"name": NAME, "description": TEXT, "extra_specs": _SPECS, PUBLIC: BOOLEAN},
            "name",
            more=True,
        )
    },
    "volume_type",
)
UPDATE = object_(
    {
        "volume_type": object_(
            {
                "name": {"type": ["string", "null"], "maxLength": 255},
                "description": TEXT,
                "is_public": BOOLEAN,
            }
        )
    },
    "volume_type",
)
_FILTER_BY_SPECS = (3, 52)


def _brief(row: Row, *, sensitive: bool) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "is_public": row["is_public"],
        "extra_specs": seen(row["extra_specs"], sensitive=sensitive),
    }


def _views(request: Request, found: Iterable[Row]) -> list[Row]:
    core = service_of(request).core
    sensitive = core.allowed(request.context, SENSITIVE)
    qos = core.allowed(request.context, QOS)
    return [
        {
            **_brief(row, sensitive=sensitive),
            PUBLIC: row["is_public"],
            **({"qos_specs_id": row["qos_specs_id"]} if qos else {}),
        }
        for row in found
    ]


def _filters(request: Request) -> Row:
    """Only administrators may ask for other types than those that they can use themselves."""
    found: Row = {"is_public": True, "name": request.query_one("name")}
    if service_of(request).core.sees_all(request.context):
        found["is_public"] = public_of(request)
    specs = request.query_one("extra_specs")
    if specs and request.version >= _FILTER_BY_SPECS:
        found["extra_specs"] = _pairs(specs)
    return found


def _pairs(text: str) -> dict[str, str]:
    """``{'key': 'value'}`` as clients write it: Python's way of writing a dictionary."""
    import ast

    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValidationError(detail=f"Invalid extra_specs filter [{text}]")
    return {str(key): str(each) for key, each in value.items()}


def _list(request: Request) -> Row:
    query = query_of(request)
    found = service_of(request).types.list_(request.context, _filters(request), query)
    return listed(request, "volume_types", "/types", _views(request, found), query)


def _show(request: Request) -> Row:
    row = service_of(request).types.show(request.context, request.path["id"])
    return {"volume_type": _views(request, [row])[0]}


def _create(request: Request) -> Row:
    row = service_of(request).types.create(request.context, request.body["volume_type"])
    return {"volume_type": {**_brief(row, sensitive=True), PUBLIC: row["is_public"]}}


def _update(request: Request) -> Row:
    body = request.body["volume_type"]
    row = service_of(request).types.update(request.context, request.path["id"], body)
    return {"volume_type": _brief(row, sensitive=True)}


def _delete(request: Request) -> Answer:
    service_of(request).types.delete(request.context, request.path["id"])
    return Answer()


_ONE = "/types/{id}"
_COMMON: dict[str, Any] = {"min_version": "3.0"}
OPERATIONS = [
    Operation("GET", "/types", _list, "List volume types", **_COMMON),
    Operation("GET", _ONE, _show, "Show a volume type", errors=(404,), **_COMMON),
    Operation(
        "POST",
        "/types",
        _create,
        "Create a volume type",
        request=CREATE,
        errors=(400, 403, 409),
        **_COMMON,
    ),
    Operation(
        "PUT",
        _ONE,
        _update,
        "Update a volume type",
        request=UPDATE,
        errors=(400, 403, 404, 409),
        **_COMMON,
    ),
    Operation(
        "DELETE",
        _ONE,
        _delete,
        "Delete a volume type",
        success=202,
        errors=(400, 403, 404),
        **_COMMON,
    ),
]
