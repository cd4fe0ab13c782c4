"""/v2/images/{id}/locations"""

from novalite.image.embedded.rest.common import service_of
from novalite.wsgi.operations import Answer, Operation, Request

_ADD = {
    "type": "object",
    "properties": {"url": {"type": "string"}, "validation_data": {"type": "object"}},
    "required": ["url"],
    "additionalProperties": False,
}


def add(req: Request) -> None:
    given = req.body.get("validation_data") or {}
    service_of(req).locations.add(req.context, req.path["id"], req.body["url"], given)


def list_(req: Request) -> Answer:
    return Answer(service_of(req).locations.list_(req.context, req.path["id"]))


_LOCATIONS = "/v2/images/{id}/locations"
OPERATIONS = [
    Operation(
        "POST", _LOCATIONS, add, "Add a location to an image", success=202, request=_ADD,
        errors=(400, 403, 404, 409),
    ),
    Operation("GET", _LOCATIONS, list_, "List an image's locations", errors=(403, 404)),
]  # fmt: skip
