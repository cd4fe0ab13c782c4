"""/attachments"""

from typing import Any

from novalite.exception import Unauthorized
from novalite.volume.embedded import views
from novalite.volume.embedded.rest.requests import listed, object_, query_of, service_of
from novalite.wsgi.operations import Answer, Operation, Request, Schema

SINCE = "3.27"
SERVICE_ROLE = "service"
COMPLETE_SINCE = "3.44"
CONNECTOR: Schema = {"type": ["object", "null"]}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 36}
CREATE = object_(
    {
        "attachment": object_(
            {
                "instance_uuid": {"type": ["string", "null"], "maxLength": 36},
                "volume_uuid": ID,
                "connector": CONNECTOR,
                "mode": {"enum": ["rw", "ro"]},
            },
            "volume_uuid",
        )
    },
    "attachment",
)
UPDATE = object_(
    {"attachment": object_({"connector": {"type": "object", "minProperties": 1}}, "connector")},
    "attachment",
)


def _view(request: Request, row: dict[str, Any], *, detail: bool = True) -> dict[str, Any]:
    return views.attachment(row, request.version, detail=detail)


def _list(request: Request, path: str, *, detail: bool) -> dict[str, Any]:
    query = query_of(request)
    found, count = service_of(request).attachments.list_(request.context, query)
    items = [_view(request, row, detail=detail) for row in found]
    answer = listed(request, "attachments", path, items, query)
    if count is not None:
        answer["count"] = count
    return answer


def _index(request: Request) -> dict[str, Any]:
    return _list(request, "/attachments", detail=False)


def _detail(request: Request) -> dict[str, Any]:
    return _list(request, "/attachments/detail", detail=True)


def _show(request: Request) -> dict[str, Any]:
    row = service_of(request).attachments.show(request.context, request.path["id"])
    return {"attachment": _view(request, row)}


def _create(request: Request) -> dict[str, Any]:
    body = request.body["attachment"]
    row = service_of(request).attachments.create(
        request.context,
        body["volume_uuid"],
        body.get("instance_uuid"),
        body.get("connector"),
        body.get("mode"),
    )
    return {"attachment": _view(request, row)}


def _update(request: Request) -> dict[str, Any]:
    row = service_of(request).attachments.update(
        request.context, request.path["id"], request.body["attachment"]["connector"]
    )
    return {"attachment": _view(request, row)}


def _complete(request: Request) -> Answer:
    service_of(request).attachments.complete(request.context, request.path["id"])
    return Answer(status=204)


def _delete(request: Request) -> dict[str, Any]:
    left = service_of(request).attachments.delete(
        request.context, request.path["id"], trusted=by_service(request)
    )
    return {"attachments": [_view(request, row, detail=False) for row in left]}


def by_service(request: Request) -> bool:
    """Whether another service of the cloud asks, and not a user: with its own token, or with a
    user's beside which it sends its own."""
    if SERVICE_ROLE in (request.context.roles or ()):
        return True
    text, identity = request.headers.get("X-Service-Token"), request.deployment.identity
    if not text or identity is None:
        return False
    try:
        return SERVICE_ROLE in identity.validate(text).roles
    except Unauthorized:
        return False


ONE = "/attachments/{id}"
OPERATIONS = [
    Operation("GET", "/attachments", _index, "List attachments", min_version=SINCE),
    Operation(
        "GET", "/attachments/detail", _detail, "List attachments with details", min_version=SINCE
    ),
    Operation("GET", ONE, _show, "Show an attachment", min_version=SINCE, errors=(404,)),
    Operation(
        "POST",
        "/attachments",
        _create,
        "Reserve a volume",
        min_version=SINCE,
        request=CREATE,
        errors=(400, 403, 404),
    ),
    Operation(
        "PUT",
        ONE,
        _update,
        "Export a volume to a host",
        min_version=SINCE,
        request=UPDATE,
        errors=(400, 403, 404),
    ),
    Operation(
        "POST",
        f"{ONE}/action",
        _complete,
        "Say that the server has the volume",
        action="os-complete",
        success=204,
        min_version=COMPLETE_SINCE,
        errors=(403, 404),
    ),
    Operation("DELETE", ONE, _delete, "Free a volume", min_version=SINCE, errors=(403, 404, 409)),
]
