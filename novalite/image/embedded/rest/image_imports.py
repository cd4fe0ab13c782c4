"""/v2/images/{id}/import, /v2/images/{id}/tasks"""

from typing import Any

from novalite.image.embedded.rest import views
from novalite.image.embedded.rest.common import service_of
from novalite.wsgi.operations import Operation, Request

_IMPORT = {
    "type": "object",
    "properties": {
        "method": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        },
        "stores": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "all_stores": {"type": ["boolean", "null"]},
        "all_stores_must_succeed": {"type": ["boolean", "null"]},
    },
    "required": ["method"],
}


def import_(req: Request) -> None:
    """The store may also be named by a header."""
    body = dict(req.body)
    store = req.headers.get("X-Image-Meta-Store")
    if store and not body.get("stores") and not body.get("all_stores"):
        body["stores"] = [store]
    service_of(req).imports.begin(req.context, req.path["id"], body)


def list_tasks(req: Request) -> dict[str, Any]:
    service = service_of(req)
    image = service.images.show(req.context, req.path["id"])
    return {"tasks": [views.task(row) for row in service.tasks.of_image(image.id)]}


OPERATIONS = [
    Operation(
        "POST", "/v2/images/{id}/import", import_, "Import an image", success=202,
        request=_IMPORT, errors=(400, 403, 404, 409),
    ),
    Operation("GET", "/v2/images/{id}/tasks", list_tasks, "List an image's tasks", errors=(404,)),
]  # fmt: skip
