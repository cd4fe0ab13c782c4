"""/types/{type_id}/extra_specs"""

from novalite.exception import ValidationError
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.wsgi.operations import Answer, Operation, Request, Schema

_PAIRS: Schema = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:.]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}
CREATE = object_({"extra_specs": _PAIRS}, "extra_specs")
UPDATE: Schema = {**_PAIRS, "minProperties": 1, "maxProperties": 1}


def _list(request: Request) -> Row:
    found = service_of(request).extra_specs.list_(request.context, request.path["id"])
    return {"extra_specs": found}


def _show(request: Request) -> Row:
    path = request.path
    return service_of(request).extra_specs.show(request.context, path["id"], path["key"])


def _create(request: Request) -> Row:
    specs = request.body["extra_specs"]
    service_of(request).extra_specs.set_(request.context, request.path["id"], specs)
    return {"extra_specs": specs}


def _update(request: Request) -> Row:
    specs = request.body
    if request.path["key"] not in specs:
        raise ValidationError(detail="Request body and URI mismatch")
    service_of(request).extra_specs.set_(request.context, request.path["id"], specs)
    return dict(specs)


def _delete(request: Request) -> Answer:
    path = request.path
    service_of(request).extra_specs.delete(request.context, path["id"], path["key"])
    return Answer()


_ALL = "/types/{id}/extra_specs"
_ONE = "/types/{id}/extra_specs/{key}"
OPERATIONS = [
    Operation("GET", _ALL, _list, "List extra specs", min_version="3.0", errors=(404,)),
    Operation("GET", _ONE, _show, "Show an extra spec", min_version="3.0", errors=(404,)),
    Operation(
        "POST",
        _ALL,
        _create,
        "Set extra specs",
        min_version="3.0",
        request=CREATE,
        errors=(400, 403, 404),
    ),
    Operation(
        "PUT",
        _ONE,
        _update,
        "Set an extra spec",
        min_version="3.0",
        request=UPDATE,
        errors=(400, 403, 404),
    ),
    Operation(
        "DELETE",
        _ONE,
        _delete,
        "Delete an extra spec",
        success=202,
        min_version="3.0",
        errors=(400, 403, 404),
    ),
]
