"""/group_snapshots: since 3.14"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.groups import RESET
from novalite.volume.embedded.rest.requests import (
    ID,
    TEXT,
    listed,
    object_,
    query_of,
    service_of,
)
from novalite.volume.embedded.rows import moment
from novalite.wsgi.operations import Answer, Operation, Request

SINCE = "3.14"
_PROJECT = (3, 58)
CREATE = object_(
    {"group_snapshot": object_({"group_id": ID, "name": TEXT, "description": TEXT}, "group_id")},
    "group_snapshot",
)


def _summary(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"]}


def _detail(request: Request, row: Row) -> Row:
    view = {
        "id": row["id"],
        "group_id": row["group_id"],
        "group_type_id": row["group_type_id"],
        "status": row["status"],
        "created_at": moment(row["created_at"]),
        "name": row["name"],
        "description": row["description"],
    }
    if request.version >= _PROJECT:
        view["project_id"] = row["project_id"]
    return view


def _list(request: Request) -> Row:
    query = query_of(request)
    found = service_of(request).group_snapshots.list_(request.context, query)
    views = [_summary(row) for row in found]
    return listed(request, "group_snapshots", "/group_snapshots", views, query)


def _list_detail(request: Request) -> Row:
    query = query_of(request)
    found = service_of(request).group_snapshots.list_(request.context, query)
    views = [_detail(request, row) for row in found]
    return listed(request, "group_snapshots", "/group_snapshots/detail", views, query)


def _show(request: Request) -> Row:
    row = service_of(request).group_snapshots.show(request.context, request.path["id"])
    return {"group_snapshot": _detail(request, row)}


def _create(request: Request) -> Row:
    body = request.body["group_snapshot"]
    row = service_of(request).group_snapshots.create(request.context, body)
    return {"group_snapshot": {**_summary(row), "group_type_id": row["group_type_id"]}}


def _delete(request: Request) -> Answer:
    service_of(request).group_snapshots.delete(request.context, request.path["id"])
    return Answer()


def _reset(request: Request) -> Answer:
    status = request.body["reset_status"]["status"].lower()
    group_snapshots = service_of(request).group_snapshots
    group_snapshots.reset_status(request.context, request.path["id"], status)
    return Answer()


_ALL, _ONE = "/group_snapshots", "/group_snapshots/{id}"
_CHANGE = (400, 403, 404)
OPERATIONS = [
    Operation("GET", _ALL, _list, "List group snapshots", min_version=SINCE, errors=(400,)),
    Operation(
        "GET",
        f"{_ALL}/detail",
        _list_detail,
        "List group snapshots in full",
        min_version=SINCE,
        errors=(400,),
    ),
    Operation("GET", _ONE, _show, "Show a group snapshot", min_version=SINCE, errors=(404,)),
    Operation(
        "POST",
        _ALL,
        _create,
        "Snapshot a group",
        success=202,
        min_version=SINCE,
        request=CREATE,
        errors=(*_CHANGE, 413),
    ),
    Operation(
        "DELETE",
        _ONE,
        _delete,
        "Delete a group snapshot",
        success=202,
        min_version=SINCE,
        errors=_CHANGE,
    ),
    Operation(
        "POST",
        f"{_ONE}/action",
        _reset,
        "Set a group snapshot's status",
        action="reset_status",
        success=202,
        min_version="3.19",
        request=RESET,
        errors=_CHANGE,
    ),
]
