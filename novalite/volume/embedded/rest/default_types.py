"""/default-types: since 3.62"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.wsgi.operations import Answer, Operation, Request, Schema

_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
SET = object_({"default_type": object_({"volume_type": _NAME}, "volume_type")}, "default_type")
SINCE = "3.62"


def _view(row: Row) -> Row:
    return {"project_id": row["project_id"], "volume_type_id": row["volume_type_id"]}


def _list(request: Request) -> Row:
    found = service_of(request).default_types.list_(request.context)
    return {"default_types": [_view(row) for row in found]}


def _show(request: Request) -> Row:
    row = service_of(request).default_types.show(request.context, request.path["project"])
    return {"default_type": _view(row)}


def _set(request: Request) -> Row:
    name = request.body["default_type"]["volume_type"]
    default_types = service_of(request).default_types
    row = default_types.set_(request.context, request.path["project"], name)
    return {"default_type": _view(row)}


def _unset(request: Request) -> Answer:
    service_of(request).default_types.unset(request.context, request.path["project"])
    return Answer()


_ONE = "/default-types/{project}"
OPERATIONS = [
    Operation(
        "GET",
        "/default-types",
        _list,
        "List the default volume types of projects",
        min_version=SINCE,
        errors=(403,),
    ),
    Operation(
        "GET",
        _ONE,
        _show,
        "Show a project's default volume type",
        min_version=SINCE,
        errors=(403, 404),
    ),
    Operation(
        "PUT",
        _ONE,
        _set,
        "Set a project's default volume type",
        min_version=SINCE,
        request=SET,
        errors=(400, 403, 404),
    ),
    Operation(
        "DELETE",
        _ONE,
        _unset,
        "Unset a project's default volume type",
        success=204,
        min_version=SINCE,
        errors=(403,),
    ),
]
