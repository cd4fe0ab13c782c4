"""/os-quota-class-sets/{class}"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.quota_sets import LIMITS
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.wsgi.operations import Operation, Request

UPDATE = object_({"quota_class_set": LIMITS}, "quota_class_set")


def _show(request: Request) -> Row:
    name = request.path["name"]
    limits = service_of(request).quota_sets.show_class(request.context, name)
    return {"quota_class_set": {"id": name, **limits}}


def _update(request: Request) -> Row:
    sets = service_of(request).quota_sets
    given = {k: v for k, v in request.body["quota_class_set"].items() if k != "class_name"}
    return {"quota_class_set": sets.update_class(request.context, request.path["name"], given)}


_ONE = "/os-quota-class-sets/{name}"
OPERATIONS = [
    Operation("GET", _ONE, _show, "Show a quota class", min_version="3.0", errors=(403,)),
    Operation(
        "PUT",
        _ONE,
        _update,
        "Set a quota class",
        min_version="3.0",
        request=UPDATE,
        errors=(400, 403),
    ),
]
