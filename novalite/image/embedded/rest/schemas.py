"""/v2/schemas and /v2/info: what the service says of itself."""

from typing import Any

from novalite.image.embedded.attributes import IMAGE
from novalite.image.embedded.records import MEMBER_STATUSES
from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.operations import Operation, Request

_MEMBER: dict[str, Any] = {
    "name": "member",
    "properties": {
        "image_id": {"type": "string"},
        "member_id": {"type": "string"},
        "status": {"type": "string", "enum": list(MEMBER_STATUSES)},
        "created_at": {"type": "string"},
        "updated_at": {"type": "string"},
        "schema": {"type": "string", "readOnly": True},
    },
}


def _collection(name: str, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "properties": {
            name: {"type": "array", "items": item},
            "first": {"type": "string"},
            "next": {"type": "string"},
            "schema": {"type": "string"},
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
}


def show(req: Request) -> dict[str, Any]:
    found = _SCHEMAS.get(req.path["name"])
    if found is None:
        raise HTTPFault(404, "The resource could not be found.")
    return found


def show_import(req: Request) -> dict[str, Any]:
    """Data come by PUT alone."""
    return {
        "import-methods": {
            "description": "Import methods available.",
            "type": "array",
            "value": [],
        }
    }


def show_stores(req: Request) -> None:
    raise HTTPFault(404, "Multi backend is not supported at this site.")


OPERATIONS = [
    Operation("GET", "/v2/schemas/{name}", show, "Show a schema", errors=(404,)),
    Operation("GET", "/v2/info/import", show_import, "List import methods"),
    Operation("GET", "/v2/info/stores", show_stores, "List stores", errors=(404,)),
]
