"""Volumes and snapshots for old clients: /os-volumes and /os-snapshots, which end with 2.35.

What is asked here is asked of the volume service, which decides who may.
"""

from typing import Any

from novalite.api.compute import parts
from novalite.api.openstack.schemas import volumes as schemas
from novalite.api.openstack.schemas.types import is_true
from novalite.api.openstack.views import volumes as views
from novalite.exception import ValidationError, VolumeNotFound
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-volumes:"
LAST = "2.35"


def _page(req: Request, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    most: int = req.deployment.conf.api.max_limit
    limit = min(int(req.query_one("limit") or 0) or most, most)
    offset = int(req.query_one("offset") or 0)
    return found[offset : offset + limit]


# ---- volumes ----


def list_volumes(req: Request) -> dict[str, Any]:
    found = parts.volume(req.deployment).list_volumes(req.context)
    return {"volumes": [views.volume(volume) for volume in _page(req, found)]}


def show_volume(req: Request) -> dict[str, Any]:
    found = parts.volume(req.deployment).show_volume(req.context, req.path["id"])
    return {"volume": views.volume(found)}


def create_volume(req: Request) -> dict[str, Any]:
    api, given = parts.volume(req.deployment), req.body["volume"]
    size = int(given["size"])
    if size < 1:
        raise ValidationError(detail="Volume size must be a positive integer.")
    body = {
        "size": size,
        "name": given.get("display_name"),
        "description": given.get("display_description"),
        "volume_type": given.get("volume_type"),
        "metadata": given.get("metadata") or {},
        "availability_zone": given.get("availability_zone"),
    }
    if given.get("snapshot_id"):
        # 404 when there is none, as the volume service would say only later.
        body["snapshot_id"] = api.show_snapshot(req.context, given["snapshot_id"])["id"]
    made = api.create_volume(req.context, {k: v for k, v in body.items() if v is not None})
    return {"volume": views.volume(made)}


def delete_volume(req: Request) -> None:
    api = parts.volume(req.deployment)
    api.show_volume(req.context, req.path["id"])
    api.delete_volume(req.context, req.path["id"])


# ---- snapshots ----


def list_snapshots(req: Request) -> dict[str, Any]:
    found = parts.volume(req.deployment).list_snapshots(req.context)
    return {"snapshots": [views.snapshot(snapshot) for snapshot in _page(req, found)]}


def show_snapshot(req: Request) -> dict[str, Any]:
    found = parts.volume(req.deployment).show_snapshot(req.context, req.path["id"])
    return {"snapshot": views.snapshot(found)}


def create_snapshot(req: Request) -> dict[str, Any]:
    given = req.body["snapshot"]
    body = {
        "name": given.get("display_name"),
        "description": given.get("display_description"),
        "force": is_true(given.get("force", False)),
    }
    try:
        made = parts.volume(req.deployment).create_snapshot(req.context, given["volume_id"], body)
    except VolumeNotFound as error:
        raise ValidationError(detail=str(error)) from None
    return {"snapshot": views.snapshot(made)}


def delete_snapshot(req: Request) -> None:
    api = parts.volume(req.deployment)
    api.show_snapshot(req.context, req.path["id"])
    api.delete_snapshot(req.context, req.path["id"])


def _operations(
    path: str, rule: str, handlers: tuple[Any, ...], documents: tuple[Any, ...], what: str
) -> list[Operation]:
    """``handlers``: list, create, show, delete; ``documents``: those of POST, and of the answers
    with several and with one."""
    index, create, show, delete = handlers
    request, several, one = documents
    lists = [
        Operation(
            "GET",
            path + below,
            index,
            f"List {what}s{text} (proxy)",
            policy=rule + name,
            max_version=LAST,
            query=schemas.INDEX_QUERY,
            response=several,
        )
        for below, name, text in (("", "list", ""), ("/detail", "detail", " detail"))
    ]
    return [
        *lists,
        Operation(
            "POST",
            path,
            create,
            f"Create {what} (proxy)",
            policy=rule + "create",
            max_version=LAST,
            request=request,
            response=one,
            errors=(400, 403, 404) if what == "volume" else (400, 403),
        ),
        Operation(
            "GET",
            path + "/{id}",
            show,
            f"Show {what} (proxy)",
            policy=rule + "show",
            max_version=LAST,
            query=schemas.SHOW_QUERY,
            response=one,
            errors=(404,),
        ),
        Operation(
            "DELETE",
            path + "/{id}",
            delete,
            f"Delete {what} (proxy)",
            policy=rule + "delete",
            max_version=LAST,
            success=202,
            errors=(400, 404) if what == "volume" else (404,),
        ),
    ]


OPERATIONS = [
    *_operations(
        "/os-volumes",
        RULE,
        (list_volumes, create_volume, show_volume, delete_volume),
        (schemas.CREATE_VOLUME, schemas.VOLUMES, schemas.VOLUME),
        "volume",
    ),
    *_operations(
        "/os-snapshots",
        RULE + "snapshots:",
        (list_snapshots, create_snapshot, show_snapshot, delete_snapshot),
        (schemas.CREATE_SNAPSHOT, schemas.SNAPSHOTS, schemas.SNAPSHOT),
        "volume snapshot",
    ),
]
