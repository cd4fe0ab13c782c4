"""/types/{id}/os-volume-type-access and the two actions that change it"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.wsgi.operations import Answer, Operation, Request, Schema

_PROJECT: Schema = {"type": "string", "minLength": 1, "maxLength": 255}


def _action(name: str) -> Schema:
    return object_({name: object_({"project": _PROJECT}, "project")}, name)


def _list(request: Request) -> Row:
    found = service_of(request).type_access.list_(request.context, request.path["id"])
    return {"volume_type_access": found}


def _add(request: Request) -> Answer:
    project = request.body["addProjectAccess"]["project"]
    service_of(request).type_access.add(request.context, request.path["id"], project)
    return Answer()


def _remove(request: Request) -> Answer:
    project = request.body["removeProjectAccess"]["project"]
    service_of(request).type_access.remove(request.context, request.path["id"], project)
    return Answer()


OPERATIONS = [
    Operation(
        "GET",
        "/types/{id}/os-volume-type-access",
        _list,
        "List who may use a private volume type",
        min_version="3.0",
        errors=(403, 404),
    ),
    Operation(
        "POST",
        "/types/{id}/action",
        _add,
        "Give a project access to a volume type",
        action="addProjectAccess",
        success=202,
        min_version="3.0",
        request=_action("addProjectAccess"),
        errors=(400, 403, 404, 409),
    ),
    Operation(
        "POST",
        "/types/{id}/action",
        _remove,
        "Take a project's access to a volume type",
        action="removeProjectAccess",
        success=202,
        min_version="3.0",
        request=_action("removeProjectAccess"),
        errors=(400, 403, 404, 409),
    ),
]
