"""/os-quota-sets/{project}"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.volume.embedded.rows import boolean_of
from novalite.wsgi.operations import Answer, Operation, Request, Schema

LIMITS: Schema = {
    "type": "object",
    "patternProperties": {"^.{1,300}$": {"type": ["string", "integer"], "maxLength": 255}},
    "additionalProperties": False,
}
UPDATE = object_({"quota_set": LIMITS}, "quota_set")


def _view(project_id: str, limits: Row) -> Row:
    return {"quota_set": {"id": project_id, **limits}}


def _show(request: Request) -> Row:
    sets, project = service_of(request).quota_sets, request.path["project"]
    if boolean_of(request.query_one("usage", "false"), "usage"):
        return _view(project, sets.show_usage(request.context, project))
    return _view(project, sets.show(request.context, project))


def _defaults(request: Request) -> Row:
    project = request.path["project"]
    return _view(project, service_of(request).quota_sets.defaults(request.context, project))


def _update(request: Request) -> Row:
    skip = boolean_of(request.query_one("skip_validation", "true"), "skip_validation")
    limits = service_of(request).quota_sets.update(
        request.context,
        request.path["project"],
        request.body["quota_set"],
        check_usage=not skip,
    )
    return {"quota_set": limits}


def _delete(request: Request) -> Answer:
    service_of(request).quota_sets.delete(request.context, request.path["project"])
    return Answer()


_ONE = "/os-quota-sets/{project}"
OPERATIONS = [
    Operation("GET", _ONE, _show, "Show a project's quotas", min_version="3.0", errors=(400, 403)),
    Operation(
        "GET",
        f"{_ONE}/defaults",
        _defaults,
        "Show the default quotas",
        min_version="3.0",
        errors=(403,),
    ),
    Operation(
        "PUT",
        _ONE,
        _update,
        "Set a project's quotas",
        min_version="3.0",
        request=UPDATE,
        errors=(400, 403),
    ),
    Operation(
        "DELETE", _ONE, _delete, "Reset a project's quotas", min_version="3.0", errors=(403,)
    ),
]
