"""/backups"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.listing import Query
from novalite.volume.embedded.rest.requests import (
    BOOLEAN,
    ID,
    PAIRS,
    TEXT,
    links_of,
    listed,
    object_,
    query_of,
    service_of,
)
from novalite.volume.embedded.rows import boolean_of, moment
from novalite.wsgi.operations import Answer, Operation, Request, Schema, Versioned

_PROJECT = (3, 18)
_METADATA = (3, 43)
_USER = (3, 56)
_KEY = (3, 64)
_OPTIONAL_ID: Schema = {"anyOf": [ID, {"type": "null"}]}
_CREATE: dict[str, Schema] = {
    "volume_id": ID,
    "name": TEXT,
    "description": TEXT,
    "container": {"type": ["string", "null"], "pattern": "^[^/]+$", "maxLength": 255},
    "incremental": BOOLEAN,
    "force": BOOLEAN,
    "snapshot_id": _OPTIONAL_ID,
}
_WITH_METADATA = {**_CREATE, "metadata": {"anyOf": [PAIRS, {"type": "null"}]}}
_WITH_ZONE = {**_WITH_METADATA, "availability_zone": TEXT}


def _create_schema(members: dict[str, Schema]) -> Schema:
    return object_({"backup": object_(members, "volume_id")}, "backup")


CREATE = Versioned(
    ("3.0", "3.42", _create_schema(_CREATE)),
    ("3.43", "3.50", _create_schema(_WITH_METADATA)),
    ("3.51", None, _create_schema(_WITH_ZONE)),
)
_UPDATE: dict[str, Schema] = {"name": TEXT, "description": TEXT}
UPDATE = Versioned(
    ("3.9", "3.42", object_({"backup": {**object_(_UPDATE), "minProperties": 1}}, "backup")),
    (
        "3.43",
        None,
        object_(
            {"backup": {**object_({**_UPDATE, "metadata": PAIRS}), "minProperties": 1}}, "backup"
        ),
    ),
)
RESTORE = object_(
    {"restore": {**object_({"volume_id": _OPTIONAL_ID, "name": TEXT}), "type": ["object", "null"]}},
    "restore",
)
_RECORD: Schema = {"type": "string", "minLength": 1, "maxLength": 1 << 20}
IMPORT = object_(
    {
        "backup-record": object_(
            {"backup_service": {"type": "string", "maxLength": 255}, "backup_url": _RECORD},
            "backup_service",
            "backup_url",
        )
    },
    "backup-record",
)
RESET = object_(
    {"os-reset_status": object_({"status": {"type": "string", "maxLength": 255}}, "status")},
    "os-reset_status",
)


def _summary(request: Request, row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "links": links_of(request, f"/backups/{row['id']}"),
    }


def _detail(request: Request, row: Row) -> Row:
    view = {
        **_summary(request, row),
        "status": row["status"],
        "size": row["size"],
        "object_count": row["object_count"],
        "availability_zone": row["availability_zone"],
        "container": row["container"],
        "created_at": moment(row["created_at"]),
        "updated_at": moment(row["updated_at"]),
        "description": row["description"],
        "fail_reason": row["fail_reason"],
        "volume_id": row["volume_id"],
        "is_incremental": row["parent_id"] is not None,
        "has_dependent_backups": row["dependents"],
        "snapshot_id": row["snapshot_id"],
        "data_timestamp": moment(row["data_timestamp"]),
    }
    version = request.version
    if version >= _PROJECT:
        view["os-backup-project-attr:project_id"] = row["project_id"]
    if version >= _METADATA:
        view["metadata"] = row["metadata"]
    if version >= _USER:
        view["user_id"] = row["user_id"]
    if version >= _KEY:
        view["encryption_key_id"] = None
    return view


def _counted(answer: Row, query: Query, count: int) -> Row:
    return {**answer, "count": count} if query.with_count else answer


def _list(request: Request) -> Row:
    query = query_of(request)
    found, count = service_of(request).backups.list_(request.context, query)
    views = [_summary(request, row) for row in found]
    return _counted(listed(request, "backups", "/backups", views, query), query, count)


def _list_detail(request: Request) -> Row:
    query = query_of(request)
    found, count = service_of(request).backups.list_(request.context, query)
    views = [_detail(request, row) for row in found]
    return _counted(listed(request, "backups", "/backups/detail", views, query), query, count)


def _show(request: Request) -> Row:
    row = service_of(request).backups.show(request.context, request.path["id"])
    return {"backup": _detail(request, row)}


def _create(request: Request) -> Row:
    body = dict(request.body["backup"])
    for name in ("incremental", "force"):
        body[name] = boolean_of(body.get(name, False), name)
    row = service_of(request).backups.create(request.context, body)
    return {"backup": _with_metadata(request, row)}


def _with_metadata(request: Request, row: Row) -> Row:
    view = _summary(request, row)
    if request.version >= _METADATA:
        view["metadata"] = row["metadata"]
    return view


def _update(request: Request) -> Row:
    body = request.body["backup"]
    row = service_of(request).backups.update(request.context, request.path["id"], body)
    return {"backup": _with_metadata(request, row)}


def _delete(request: Request) -> Answer:
    service_of(request).backups.delete(request.context, request.path["id"])
    return Answer()


def _force_delete(request: Request) -> Answer:
    service_of(request).backups.delete(request.context, request.path["id"], force=True)
    return Answer()


def _reset(request: Request) -> Answer:
    status = request.body["os-reset_status"]["status"]
    service_of(request).backups.reset_status(request.context, request.path["id"], status)
    return Answer()


def _restore(request: Request) -> Row:
    body = request.body["restore"] or {}
    backup_id = request.path["id"]
    volume = service_of(request).backups.restore(
        request.context, backup_id, body.get("volume_id"), body.get("name")
    )
    return {
        "restore": {
            "backup_id": backup_id,
            "volume_id": volume["id"],
            "volume_name": volume["name"] or "",
        }
    }


def _export(request: Request) -> Row:
    record = service_of(request).backup_records.export(request.context, request.path["id"])
    return {"backup-record": record}


def _import(request: Request) -> Row:
    body = request.body["backup-record"]
    row = service_of(request).backup_records.import_(
        request.context, body["backup_service"], body["backup_url"]
    )
    return {"backup": _summary(request, row)}


_ONE, _ACTION = "/backups/{id}", "/backups/{id}/action"
_CHANGE = (400, 403, 404)
OPERATIONS = [
    Operation("GET", "/backups", _list, "List backups", min_version="3.0", errors=(400,)),
    Operation(
        "GET",
        "/backups/detail",
        _list_detail,
        "List backups in full",
        min_version="3.0",
        errors=(400,),
    ),
    Operation("GET", _ONE, _show, "Show a backup", min_version="3.0", errors=(404,)),
    Operation(
        "POST",
        "/backups",
        _create,
        "Back a volume up",
        success=202,
        min_version="3.0",
        request=CREATE,
        errors=(*_CHANGE, 413),
    ),
    Operation(
        "PUT",
        _ONE,
        _update,
        "Update a backup",
        min_version="3.9",
        request=UPDATE,
        errors=_CHANGE,
    ),
    Operation(
        "DELETE",
        _ONE,
        _delete,
        "Delete a backup",
        success=202,
        min_version="3.0",
        errors=_CHANGE,
    ),
    Operation(
        "POST",
        f"{_ONE}/restore",
        _restore,
        "Restore a backup",
        success=202,
        min_version="3.0",
        request=RESTORE,
        errors=(*_CHANGE, 413),
    ),
    Operation(
        "GET",
        f"{_ONE}/export_record",
        _export,
        "Export a backup's record",
        min_version="3.0",
        errors=_CHANGE,
    ),
    Operation(
        "POST",
        "/backups/import_record",
        _import,
        "Import a backup's record",
        success=201,
        min_version="3.0",
        request=IMPORT,
        errors=(400, 403, 413),
    ),
    Operation(
        "POST",
        _ACTION,
        _reset,
        "Set a backup's status",
        action="os-reset_status",
        success=202,
        min_version="3.0",
        request=RESET,
        errors=_CHANGE,
    ),
    Operation(
        "POST",
        _ACTION,
        _force_delete,
        "Delete a backup whatever its state",
        action="os-force_delete",
        success=202,
        min_version="3.0",
        errors=_CHANGE,
    ),
]
