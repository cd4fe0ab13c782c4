"""/snapshots and their actions"""

from typing import Any

from novalite.exception import InvalidInput, ValidationError
from novalite.volume.embedded import views
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import (
    PAIRS,
    TEXT,
    listed,
    object_,
    query_of,
    service_of,
)
from novalite.volume.embedded.rest.volumes import named
from novalite.volume.embedded.rows import boolean_of
from novalite.wsgi.operations import Answer, Operation, Request, Schema

CREATE = object_(
    {
        "snapshot": object_(
            {
                "name": TEXT,
                "description": TEXT,
                "display_name": TEXT,
                "display_description": TEXT,
                "volume_id": {"type": ["string", "null"], "maxLength": 36},
                "force": {"type": ["boolean", "string", "null"]},
                "metadata": {"anyOf": [PAIRS, {"type": "null"}]},
            },
            "volume_id",
            more=True,
        )
    },
    "snapshot",
)
UPDATE = object_(
    {
        "snapshot": object_(
            {
                "name": TEXT,
                "description": TEXT,
                "display_name": TEXT,
                "display_description": TEXT,
            }
        )
    },
    "snapshot",
)
STATUS: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
FORCE_GONE = (3, 66)


def _view(request: Request, record: Row, *, detail: bool = True) -> Row:
    return views.snapshot(record, request.version, detail=detail)


def _list(request: Request, path: str, *, detail: bool) -> dict[str, Any]:
    query = query_of(request)
    found, count = service_of(request).snapshots.list_(request.context, query)
    items = [_view(request, record, detail=detail) for record in found]
    answer = listed(request, "snapshots", path, items, query)
    if count is not None:
        answer["count"] = count
    return answer


def _index(request: Request) -> dict[str, Any]:
    return _list(request, "/snapshots", detail=False)


def _detail(request: Request) -> dict[str, Any]:
    return _list(request, "/snapshots/detail", detail=True)


def _show(request: Request) -> dict[str, Any]:
    record = service_of(request).snapshots.show(request.context, request.path["id"])
    return {"snapshot": _view(request, record)}


def _create(request: Request) -> dict[str, Any]:
    body = named(request.body["snapshot"])
    given = body.get("force")
    force = given is not None and boolean_of(given, "force")
    if request.version >= FORCE_GONE:
        if given is not None and not force:
            raise InvalidInput(
                reason='Snapshot "force" option is not used anymore: a snapshot is always '
                "taken, also of a volume that is in use."
            )
        force = True
    record = service_of(request).snapshots.create(
        request.context, body["volume_id"], body, force=force
    )
    return {"snapshot": _view(request, record, detail=False)}


def _update(request: Request) -> dict[str, Any]:
    body = named(request.body["snapshot"])
    if not body:
        raise ValidationError(detail="{} does not have enough properties")
    record = service_of(request).snapshots.update(request.context, request.path["id"], body)
    return {"snapshot": _view(request, record, detail=False)}


def _delete(request: Request) -> Answer:
    service_of(request).snapshots.delete(request.context, request.path["id"])
    return Answer(status=202)


# ---- actions ----


def _reset(request: Request) -> Answer:
    status = request.body["os-reset_status"]["status"]
    service_of(request).snapshots.reset_status(request.context, request.path["id"], status.lower())
    return Answer(status=202)


def _update_status(request: Request) -> Answer:
    body = request.body["os-update_snapshot_status"]
    service_of(request).snapshots.update_status(
        request.context, request.path["id"], body["status"], body.get("progress")
    )
    return Answer(status=202)


def _force_delete(request: Request) -> Answer:
    service_of(request).snapshots.delete(request.context, request.path["id"], force=True)
    return Answer(status=202)


ONE = "/snapshots/{id}"
ACTION = f"{ONE}/action"
OPERATIONS = [
    Operation("GET", "/snapshots", _index, "List snapshots", errors=(400, 404)),
    Operation("GET", "/snapshots/detail", _detail, "List snapshots with details", errors=(400,)),
    Operation("GET", ONE, _show, "Show a snapshot", errors=(404,)),
    Operation(
        "POST",
        "/snapshots",
        _create,
        "Create a snapshot",
        success=202,
        request=CREATE,
        errors=(400, 403, 404, 413),
    ),
    Operation("PUT", ONE, _update, "Update a snapshot", request=UPDATE, errors=(400, 403, 404)),
    Operation("DELETE", ONE, _delete, "Delete a snapshot", success=202, errors=(400, 403, 404)),
    Operation(
        "POST",
        ACTION,
        _reset,
        "Reset the status of a snapshot",
        action="os-reset_status",
        success=202,
        request=object_(
            {"os-reset_status": object_({"status": STATUS}, "status")}, "os-reset_status"
        ),
        errors=(400, 403, 404),
    ),
    Operation(
        "POST",
        ACTION,
        _update_status,
        "Say how far a server is with a snapshot",
        action="os-update_snapshot_status",
        success=202,
        request=object_(
            {
                "os-update_snapshot_status": object_(
                    {"status": STATUS, "progress": {"type": ["string", "null"], "maxLength": 8}},
                    "status",
                )
            },
            "os-update_snapshot_status",
        ),
        errors=(400, 403, 404),
    ),
    Operation(
        "POST",
        ACTION,
        _force_delete,
        "Delete a snapshot whatever its state",
        action="os-force_delete",
        success=202,
        errors=(403, 404),
    ),
]
