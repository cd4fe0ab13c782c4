"""/v2/schemas: the documents that this service speaks in."""

from typing import Any

from novalite.image.embedded.attributes import IMAGE
from novalite.image.embedded.metadefs import schemas as metadefs
from novalite.image.embedded.records import MEMBER_STATUSES
from novalite.image.embedded.tasks import STATUSES
from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.operations import Operation, Request

_TEXT = {"type": "string"}
_MEMBER: dict[str, Any] = {
    "name": "member",
    "properties": {
        "image_id": _TEXT,
        "member_id": _TEXT,
        "status": {"type": "string", "enum": list(MEMBER_STATUSES)},
        "created_at": _TEXT,
        "updated_at": _TEXT,
        "schema": {"type": "string", "readOnly": True},
    },
}
_TASK: dict[str, Any] = {
    "name": "task",
    "properties": {
        "id": _TEXT,
        "type": {"type": "string", "enum": ["import", "api_image_import", "location_import"]},
        "status": {"type": "string", "enum": list(STATUSES)},
        "input": {"type": ["null", "object"]},
        "result": {"type": ["null", "object"]},
        "owner": _TEXT,
        "image_id": {"type": ["null", "string"]},
        "request_id": {"type": ["null", "string"]},
        "user_id": {"type": ["null", "string"]},
        "message": _TEXT,
        "expires_at": {"type": ["null", "string"], "format": "date-time"},
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"},
        "self": {"type": "string", "readOnly": True},
        "schema": {"type": "string", "readOnly": True},
    },
}


def _collection(name: str, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "properties": {
            name: {"type": "array", "items": item},
            "first": _TEXT,
            "next": _TEXT,
            "schema": _TEXT,
        },
        "links": [
            {"rel": "first", "href": "{first}"},
            {"rel": "next", "href": "{next}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    }


_SCHEMAS = {
    "image": IMAGE,
    "images": _collection("images", IMAGE),
    "member": _MEMBER,
    "members": _collection("members", _MEMBER),
    "task": _TASK,
    "tasks": _collection("tasks", _TASK),
}
_METADEFS = {
    "namespace": metadefs.NAMESPACE,
    "namespaces": _collection("namespaces", metadefs.NAMESPACE),
    "object": metadefs.OBJECT,
    "objects": _collection("objects", metadefs.OBJECT),
    "property": metadefs.PROPERTY,
    "properties": {
        **_collection("properties", metadefs.PROPERTY),
        "properties": {"properties": {"type": "object", "additionalProperties": metadefs.PROPERTY}},
    },
    "tag": metadefs.TAG,
    "tags": _collection("tags", metadefs.TAG),
    "resource_type": metadefs.TARGET,
    "resource_types": _collection("resource_type_associations", metadefs.TARGET),
}


def show(req: Request) -> dict[str, Any]:
    return _one(_SCHEMAS, req)


def show_metadefs(req: Request) -> dict[str, Any]:
    return _one(_METADEFS, req)


def _one(among: dict[str, dict[str, Any]], req: Request) -> dict[str, Any]:
    found = among.get(req.path["name"])
    if found is None:
        raise HTTPFault(404, "The resource could not be found.")
    return found


OPERATIONS = [
    Operation("GET", "/v2/schemas/{name}", show, "Show a schema", errors=(404,)),
    Operation(
        "GET", "/v2/schemas/metadefs/{name}", show_metadefs, "Show a metadata schema",
        errors=(404,),
    ),
]  # fmt: skip
