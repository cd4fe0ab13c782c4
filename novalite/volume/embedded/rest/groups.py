"""/groups: since 3.13"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import (
    BOOLEAN,
    TEXT,
    listed,
    object_,
    query_of,
    service_of,
)
from novalite.volume.embedded.rows import boolean_of, moment
from novalite.wsgi.operations import Answer, Operation, Request, Schema

SINCE = "3.13"
_SOURCES = (3, 14)
_VOLUMES = (3, 25)
_REPLICATION = (3, 38)
_PROJECT = (3, 58)
_REFERENCE: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_IDS: Schema = {"type": ["string", "null"], "maxLength": 65535}
CREATE = object_(
    {
        "group": object_(
            {
                "name": TEXT,
                "description": TEXT,
                "group_type": _REFERENCE,
                "volume_types": {
                    "type": "array",
                    "minItems": 1,
                    "uniqueItems": True,
                    "items": _REFERENCE,
                },
                "availability_zone": TEXT,
            },
            "group_type",
            "volume_types",
        )
    },
    "group",
)
_SOURCE: Schema = {"type": "string", "minLength": 1, "maxLength": 36}
CREATE_FROM = object_(
    {
        "create-from-src": object_(
            {
                "name": TEXT,
                "description": TEXT,
                "source_group_id": _SOURCE,
                "group_snapshot_id": _SOURCE,
            }
        )
    },
    "create-from-src",
)
UPDATE = object_(
    {
        "group": object_(
            {"name": TEXT, "description": TEXT, "add_volumes": _IDS, "remove_volumes": _IDS}
        )
    },
    "group",
)
DELETE = object_({"delete": object_({"delete-volumes": BOOLEAN})}, "delete")
RESET = object_({"reset_status": object_({"status": _REFERENCE}, "status")}, "reset_status")


def _summary(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"]}


def _detail(request: Request, row: Row) -> Row:
    view = {
        "id": row["id"],
        "status": row["status"],
        "availability_zone": row["availability_zone"],
        "created_at": moment(row["created_at"]),
        "name": row["name"],
        "description": row["description"],
        "group_type": row["group_type_id"],
        "volume_types": row["volume_types"],
    }
    version = request.version
    if version >= _SOURCES:
        view["group_snapshot_id"] = row["group_snapshot_id"]
        view["source_group_id"] = row["source_group_id"]
    if version >= _VOLUMES and boolean_of(request.query_one("list_volume", "false")):
        view["volumes"] = row["volumes"]
    if version >= _REPLICATION:
        view["replication_status"] = "disabled"
    if version >= _PROJECT:
        view["project_id"] = row["project_id"]
    return view


def _list(request: Request) -> Row:
    query = query_of(request)
    query.filters.pop("list_volume", None)
    found = service_of(request).groups.list_(request.context, query)
    return listed(request, "groups", "/groups", [_summary(row) for row in found], query)


def _list_detail(request: Request) -> Row:
    query = query_of(request)
    query.filters.pop("list_volume", None)
    found = service_of(request).groups.list_(request.context, query)
    views = [_detail(request, row) for row in found]
    return listed(request, "groups", "/groups/detail", views, query)


def _show(request: Request) -> Row:
    row = service_of(request).groups.show(request.context, request.path["id"])
    return {"group": _detail(request, row)}


def _create(request: Request) -> Row:
    row = service_of(request).groups.create(request.context, request.body["group"])
    return {"group": _summary(row)}


def _create_from(request: Request) -> Row:
    body = request.body["create-from-src"]
    return {"group": _summary(service_of(request).groups.create_from(request.context, body))}


def _update(request: Request) -> Answer:
    body = request.body["group"]
    service_of(request).groups.update(request.context, request.path["id"], body)
    return Answer()


def _delete(request: Request) -> Answer:
    with_volumes = boolean_of(request.body["delete"].get("delete-volumes", False))
    groups = service_of(request).groups
    groups.delete(request.context, request.path["id"], with_volumes=with_volumes)
    return Answer()


def _reset(request: Request) -> Answer:
    status = request.body["reset_status"]["status"].lower()
    service_of(request).groups.reset_status(request.context, request.path["id"], status)
    return Answer()


_ONE = "/groups/{id}"
_CHANGE = (400, 403, 404)
OPERATIONS = [
    Operation("GET", "/groups", _list, "List groups", min_version=SINCE, errors=(400,)),
    Operation(
        "GET",
        "/groups/detail",
        _list_detail,
        "List groups in full",
        min_version=SINCE,
        errors=(400,),
    ),
    Operation("GET", _ONE, _show, "Show a group", min_version=SINCE, errors=(404,)),
    Operation(
        "POST",
        "/groups",
        _create,
        "Create a group",
        success=202,
        min_version=SINCE,
        request=CREATE,
        errors=(*_CHANGE, 413),
    ),
    Operation(
        "POST",
        "/groups/action",
        _create_from,
        "Create a group from another or a snapshot of one",
        action="create-from-src",
        success=202,
        min_version="3.14",
        request=CREATE_FROM,
        errors=(*_CHANGE, 413),
    ),
    Operation(
        "PUT",
        _ONE,
        _update,
        "Update a group",
        success=202,
        min_version=SINCE,
        request=UPDATE,
        errors=_CHANGE,
    ),
    Operation(
        "POST",
        f"{_ONE}/action",
        _delete,
        "Delete a group",
        action="delete",
        success=202,
        min_version=SINCE,
        request=DELETE,
        errors=_CHANGE,
    ),
    Operation(
        "POST",
        f"{_ONE}/action",
        _reset,
        "Set a group's status",
        action="reset_status",
        success=202,
        min_version="3.20",
        request=RESET,
        errors=_CHANGE,
    ),
]
