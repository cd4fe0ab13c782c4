"""/types/{type_id}/encryption"""

from novalite.exception import NotFound
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.encryption import MEMBERS
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.volume.embedded.rows import moment
from novalite.wsgi.operations import Answer, Operation, Request, Schema

_MEMBERS: dict[str, Schema] = {
    "provider": {"type": "string", "minLength": 1, "maxLength": 255},
    "cipher": {"type": ["string", "null"], "maxLength": 255},
    "key_size": {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": 0x7FFFFFFF},
            {"type": "string", "pattern": "^[0-9]{1,9}$"},
            {"type": "null"},
        ]
    },
    "control_location": {"enum": ["front-end", "back-end"]},
}
CREATE = object_({"encryption": object_(_MEMBERS, "provider", "control_location")}, "encryption")
UPDATE = object_({"encryption": object_(_MEMBERS)}, "encryption")


def _body(request: Request) -> Row:
    body = dict(request.body["encryption"])
    if isinstance(body.get("key_size"), str):
        body["key_size"] = int(body["key_size"])
    return body


def _all(request: Request) -> Row:
    """Nothing when the type's volumes are not encrypted."""
    row = service_of(request).encryption.show(request.context, request.path["id"])
    if row is None:
        return {}
    return {
        "volume_type_id": row["volume_type_id"],
        "encryption_id": row["encryption_id"],
        **{name: row[name] for name in MEMBERS},
        "deleted": False,
        "created_at": moment(row["created_at"]),
        "updated_at": moment(row["updated_at"]),
        "deleted_at": None,
    }


def _one(request: Request) -> Row:
    key = request.path["key"]
    found = _all(request)
    if key not in found:
        raise NotFound("The resource could not be found.")
    return {key: found[key]}


def _create(request: Request) -> Row:
    row = service_of(request).encryption.create(request.context, request.path["id"], _body(request))
    names = ("volume_type_id", "encryption_id", *MEMBERS)
    return {"encryption": {name: row[name] for name in names}}


def _update(request: Request) -> Row:
    path, body = request.path, _body(request)
    service_of(request).encryption.update(request.context, path["id"], path["key"], body)
    return {"encryption": body}


def _delete(request: Request) -> Answer:
    path = request.path
    service_of(request).encryption.delete(request.context, path["id"], path["key"])
    return Answer()


_ALL = "/types/{id}/encryption"
_ONE = "/types/{id}/encryption/{key}"
OPERATIONS = [
    Operation("GET", _ALL, _all, "Show a type's encryption", min_version="3.0", errors=(403, 404)),
    Operation("GET", _ONE, _one, "Show a member of it", min_version="3.0", errors=(403, 404)),
    Operation(
        "POST",
        _ALL,
        _create,
        "Have a type's volumes encrypted",
        min_version="3.0",
        request=CREATE,
        errors=(400, 403, 404),
    ),
    Operation(
        "PUT",
        _ONE,
        _update,
        "Update a type's encryption",
        min_version="3.0",
        request=UPDATE,
        errors=(400, 403, 404),
    ),
    Operation(
        "DELETE",
        _ONE,
        _delete,
        "Delete a type's encryption",
        success=202,
        min_version="3.0",
        errors=(400, 403, 404),
    ),
]
