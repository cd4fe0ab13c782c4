"""POST /volumes/{id}/action: attaching as it was before /attachments."""

from typing import Any

from novalite.volume.embedded.rest.attachments import by_service
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.volume.embedded.rest.volume_actions import action
from novalite.wsgi.operations import Answer, Request, Schema

CONNECTOR: Schema = {"type": ["object", "string", "null"]}
_ID: Schema = {"type": ["string", "null"], "maxLength": 36}


def _attach(request: Request) -> Answer:
    body = request.body["os-attach"]
    service_of(request).legacy_attach.attach(
        request.context,
        request.path["id"],
        body.get("instance_uuid"),
        body.get("host_name"),
        body["mountpoint"],
        body.get("mode") or "rw",
    )
    return Answer()


def _detach(request: Request) -> Answer:
    body = request.body["os-detach"] or {}
    service_of(request).legacy_attach.detach(
        request.context,
        request.path["id"],
        body.get("attachment_id"),
        trusted=by_service(request),
    )
    return Answer()


def _force_detach(request: Request) -> Answer:
    body = request.body["os-force_detach"] or {}
    service_of(request).legacy_attach.detach(
        request.context,
        request.path["id"],
        body.get("attachment_id"),
        force=True,
        trusted=by_service(request),
    )
    return Answer()


def _reserve(request: Request) -> Answer:
    service_of(request).actions.reserve(request.context, request.path["id"])
    return Answer()


def _unreserve(request: Request) -> Answer:
    service_of(request).actions.unreserve(request.context, request.path["id"])
    return Answer()


def _begin_detaching(request: Request) -> Answer:
    service_of(request).actions.begin_detaching(request.context, request.path["id"])
    return Answer()


def _roll_detaching(request: Request) -> Answer:
    service_of(request).actions.roll_detaching(request.context, request.path["id"])
    return Answer()


def _initialize_connection(request: Request) -> dict[str, Any]:
    connector = request.body["os-initialize_connection"]["connector"]
    info = service_of(request).legacy_attach.initialize_connection(
        request.context, request.path["id"], connector
    )
    return {"connection_info": info}


def _terminate_connection(request: Request) -> Answer:
    connector = request.body["os-terminate_connection"].get("connector")
    service_of(request).legacy_attach.terminate_connection(
        request.context, request.path["id"], connector, trusted=by_service(request)
    )
    return Answer()


_DETACH: Schema = {
    "anyOf": [
        {"type": "null"},
        object_({"attachment_id": _ID, "connector": CONNECTOR}),
    ]
}
OPERATIONS = [
    action(
        "os-attach",
        _attach,
        "Write down that a server has a volume",
        {
            **object_(
                {
                    "instance_uuid": {"type": ["string", "null"], "format": "uuid"},
                    "mountpoint": {"type": "string", "minLength": 1, "maxLength": 255},
                    "host_name": {"type": ["string", "null"], "maxLength": 255},
                    "mode": {"enum": ["rw", "ro"]},
                },
                "mountpoint",
            ),
            "anyOf": [{"required": ["instance_uuid"]}, {"required": ["host_name"]}],
        },
    ),
    action(
        "os-detach",
        _detach,
        "Write down that a server has let a volume go",
        _DETACH,
        errors=(400, 403, 404, 409),
    ),
    action(
        "os-force_detach",
        _force_detach,
        "Free a volume whatever its state",
        _DETACH,
        errors=(400, 403, 404, 409),
    ),
    action("os-reserve", _reserve, "Reserve a volume"),
    action("os-unreserve", _unreserve, "Give a reservation back"),
    action("os-begin_detaching", _begin_detaching, "Announce that a volume will be detached"),
    action("os-roll_detaching", _roll_detaching, "Say that it was not detached after all"),
    action(
        "os-initialize_connection",
        _initialize_connection,
        "Export a volume",
        object_({"connector": {"type": "object"}}, "connector"),
        success=200,
    ),
    action(
        "os-terminate_connection",
        _terminate_connection,
        "End the export of a volume",
        object_({"connector": CONNECTOR}),
        errors=(400, 403, 404, 409),
    ),
]
