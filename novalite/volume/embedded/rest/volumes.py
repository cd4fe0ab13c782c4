"""/volumes"""

from collections.abc import Callable
from typing import Any

from novalite.exception import InvalidInput, ValidationError
from novalite.volume.embedded import views
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import (
    PAIRS,
    TEXT,
    links_of,
    listed,
    object_,
    query_of,
    service_of,
)
from novalite.volume.embedded.rows import boolean_of, is_id
from novalite.wsgi.operations import Answer, Operation, Request, Schema

SIZE: Schema = {
    "type": ["integer", "string"],
    "pattern": "^[0-9]+$",
    "minimum": 1,
    "maximum": 0x7FFFFFFF,
}
OPTIONAL_ID: Schema = {"type": ["string", "null"], "maxLength": 36}
LOOSE_BOOLEAN: Schema = {"type": ["boolean", "string", "null"]}

_CREATE: dict[str, Schema] = {
    "name": TEXT,
    "description": TEXT,
    "display_name": TEXT,
    "display_description": TEXT,
    "size": {**SIZE, "type": ["integer", "string", "null"]},
    "availability_zone": TEXT,
    "volume_type": TEXT,
    "metadata": {"anyOf": [PAIRS, {"type": "null"}]},
    "snapshot_id": OPTIONAL_ID,
    "source_volid": OPTIONAL_ID,
    "consistencygroup_id": OPTIONAL_ID,
    "group_id": OPTIONAL_ID,
    "backup_id": OPTIONAL_ID,
    "imageRef": TEXT,
    "image_id": TEXT,
    "multiattach": LOOSE_BOOLEAN,
}
CREATE: Schema = {
    "type": "object",
    "properties": {
        "volume": object_(_CREATE, more=True),
        "OS-SCH-HNT:scheduler_hints": {"type": ["object", "null"]},
    },
    "required": ["volume"],
    "additionalProperties": False,
}
UPDATE = object_(
    {
        "volume": object_(
            {
                "name": TEXT,
                "description": TEXT,
                "display_name": TEXT,
                "display_description": TEXT,
                "metadata": {"anyOf": [PAIRS, {"type": "null"}]},
            }
        )
    },
    "volume",
)

ATTRIBUTES = "volume_extension:volume_host_attribute"
FORCE = "volume:force_delete"


def viewer(request: Request, form: Callable[..., Row]) -> Callable[[Row], Row]:
    """``form`` of a record, for this caller."""
    admin = service_of(request).core.allowed(request.context, ATTRIBUTES)
    return lambda record: form(
        record, request.version, admin=admin, links=lambda path: links_of(request, path)
    )


def view_of(request: Request, record: Row, form: Callable[..., Row]) -> Row:
    return viewer(request, form)(record)


def _list(request: Request, path: str, form: Callable[[Row], Row]) -> dict[str, Any]:
    query = query_of(request)
    found, count = service_of(request).volumes.list_(request.context, query)
    answer = listed(request, "volumes", path, [form(record) for record in found], query)
    if count is not None:
        answer["count"] = count
    return answer


def _index(request: Request) -> dict[str, Any]:
    return _list(
        request,
        "/volumes",
        lambda record: views.volume_summary(record, lambda path: links_of(request, path)),
    )


def _detail(request: Request) -> dict[str, Any]:
    return _list(request, "/volumes/detail", viewer(request, views.volume_detail))


def _summary(request: Request) -> dict[str, Any]:
    count, size, metadata = service_of(request).volumes.summary(request.context, query_of(request))
    answer: dict[str, Any] = {"total_size": size, "total_count": count}
    if request.version >= (3, 36):
        answer["metadata"] = metadata
    return {"volume-summary": answer}


def _show(request: Request) -> dict[str, Any]:
    record = service_of(request).volumes.show(request.context, request.path["id"])
    return {"volume": view_of(request, record, views.volume_detail)}


def named(body: Row) -> Row:
    """``display_name`` and ``display_description`` are the older names."""
    body = dict(body)
    for name in ("name", "description"):
        older = body.pop(f"display_{name}", None)
        if older is not None and name not in body:
            body[name] = older
        if isinstance(body.get(name), str):
            body[name] = body[name].strip() if name == "name" else body[name]
    return body


def _create(request: Request) -> dict[str, Any]:
    body = named(request.body["volume"])
    if body.get("multiattach") is not None and boolean_of(body["multiattach"], "multiattach"):
        raise InvalidInput(
            reason="multiattach parameter has been removed. The default behavior is to use "
            "multiattach enabled volume types. Contact your administrator to create a multiattach "
            "enabled volume type and use it to create multiattach volumes."
        )
    body["image_id"] = body.get("imageRef") or body.get("image_id")
    if body["image_id"] and not is_id(body["image_id"]):
        raise ValidationError(
            detail="Invalid image identifier or unable to access requested image."
        )
    if body.get("consistencygroup_id"):
        raise InvalidInput(reason="Consistency groups are gone: use groups.")
    if request.version < (3, 13):
        body.pop("group_id", None)
    if request.version < (3, 47):
        body.pop("backup_id", None)
    record = service_of(request).creation.create(request.context, body)
    return {"volume": view_of(request, record, views.volume)}


def _update(request: Request) -> dict[str, Any]:
    body = named(request.body["volume"])
    if not body:
        raise ValidationError(detail="{} does not have enough properties")
    record = service_of(request).volumes.update(request.context, request.path["id"], body)
    return {"volume": view_of(request, record, views.volume)}


def _delete(request: Request) -> Answer:
    force = request.version >= (3, 23) and boolean_of(request.query_one("force", "false"), "force")
    cascade = boolean_of(request.query_one("cascade", "false"), "cascade")
    service_of(request).volumes.delete(
        request.context, request.path["id"], cascade=cascade, force=FORCE if force else ""
    )
    return Answer(status=202)


ONE = "/volumes/{id}"
OPERATIONS = [
    Operation("GET", "/volumes", _index, "List volumes", errors=(400,)),
    Operation("GET", "/volumes/detail", _detail, "List volumes with details", errors=(400,)),
    Operation(
        "GET", "/volumes/summary", _summary, "Number and size of all volumes", min_version="3.12"
    ),
    Operation("GET", ONE, _show, "Show a volume", errors=(404,)),
    Operation(
        "POST",
        "/volumes",
        _create,
        "Create a volume",
        success=202,
        request=CREATE,
        errors=(400, 403, 404, 413),
    ),
    Operation("PUT", ONE, _update, "Update a volume", request=UPDATE, errors=(400, 403, 404)),
    Operation("DELETE", ONE, _delete, "Delete a volume", success=202, errors=(400, 403, 404)),
]
