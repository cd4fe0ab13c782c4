"""/os-volume-transfer, and since 3.55 /volume-transfers, which can leave snapshots behind"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import (
    BOOLEAN,
    ID,
    TEXT,
    links_of,
    listed,
    object_,
    query_of,
    service_of,
)
from novalite.volume.embedded.rows import boolean_of, moment
from novalite.wsgi.operations import Answer, Operation, Request, Schema

OLD, NEW, NEW_SINCE = "/os-volume-transfer", "/volume-transfers", "3.55"
_PROJECTS = (3, 57)
_OFFER: dict[str, Schema] = {"volume_id": ID, "name": TEXT}
CREATE_OLD = object_({"transfer": object_(_OFFER, "volume_id")}, "transfer")
CREATE_NEW = object_(
    {"transfer": object_({**_OFFER, "no_snapshots": BOOLEAN}, "volume_id")}, "transfer"
)
_KEY: Schema = {"type": ["string", "integer"], "minLength": 1, "maxLength": 255}
ACCEPT = object_({"accept": object_({"auth_key": _KEY}, "auth_key")}, "accept")


def _is_new(request: Request) -> bool:
    return str(request.environ.get("PATH_INFO", "")).find(NEW) >= 0


def _root(request: Request) -> str:
    return NEW if _is_new(request) else OLD


def _summary(request: Request, row: Row) -> Row:
    return {
        "id": row["id"],
        "volume_id": row["volume_id"],
        "name": row["name"],
        "links": links_of(request, f"{_root(request)}/{row['id']}"),
    }


def _detail(request: Request, row: Row) -> Row:
    view = {**_summary(request, row), "created_at": moment(row["created_at"])}
    if _is_new(request):
        view["no_snapshots"] = row["no_snapshots"]
        if request.version >= _PROJECTS:
            view["source_project_id"] = row["project_id"]
            view["destination_project_id"] = None
            view["accepted"] = False
    return view


def _list(request: Request) -> Row:
    query = query_of(request)
    found = service_of(request).transfers.list_(request.context, query)
    views = [_summary(request, row) for row in found]
    return listed(request, "transfers", _root(request), views, query)


def _list_detail(request: Request) -> Row:
    query = query_of(request)
    found = service_of(request).transfers.list_(request.context, query)
    views = [_detail(request, row) for row in found]
    return listed(request, "transfers", f"{_root(request)}/detail", views, query)


def _show(request: Request) -> Row:
    row = service_of(request).transfers.show(request.context, request.path["id"])
    return {"transfer": _detail(request, row)}


def _create(request: Request) -> Row:
    body = request.body["transfer"]
    name = body.get("name")
    row, key = service_of(request).transfers.create(
        request.context,
        body["volume_id"],
        name.strip() if name else name,
        no_snapshots=boolean_of(body.get("no_snapshots", False), "no_snapshots"),
    )
    return {"transfer": {**_detail(request, row), "auth_key": key}}


def _accept(request: Request) -> Row:
    key = str(request.body["accept"]["auth_key"])
    row = service_of(request).transfers.accept(request.context, request.path["id"], key)
    return {"transfer": _summary(request, row)}


def _delete(request: Request) -> Answer:
    service_of(request).transfers.delete(request.context, request.path["id"])
    return Answer()


def _operations(root: str, since: str, create: Schema) -> list[Operation]:
    one = f"{root}/{{id}}"
    return [
        Operation("GET", root, _list, "List transfers", min_version=since, errors=(400,)),
        Operation(
            "GET",
            f"{root}/detail",
            _list_detail,
            "List transfers in full",
            min_version=since,
            errors=(400,),
        ),
        Operation("GET", one, _show, "Show a transfer", min_version=since, errors=(404,)),
        Operation(
            "POST",
            root,
            _create,
            "Offer a volume",
            success=202,
            min_version=since,
            request=create,
            errors=(400, 403, 404),
        ),
        Operation(
            "POST",
            f"{one}/accept",
            _accept,
            "Accept a volume",
            success=202,
            min_version=since,
            request=ACCEPT,
            errors=(400, 403, 404, 413),
        ),
        Operation(
            "DELETE",
            one,
            _delete,
            "Withdraw an offer",
            success=202,
            min_version=since,
            errors=(403, 404),
        ),
    ]


OPERATIONS = [
    *_operations(OLD, "3.0", CREATE_OLD),
    *_operations(NEW, NEW_SINCE, CREATE_NEW),
]
