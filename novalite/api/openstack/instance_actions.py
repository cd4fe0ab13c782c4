"""What was done to a server: /servers/{server_id}/os-instance-actions."""

from typing import Any

from novalite.api.compute import lookup
from novalite.api.openstack import servers
from novalite.api.openstack.schemas import instance_actions as schemas
from novalite.api.openstack.views import instance_actions as views
from novalite.db.cell_database import instance_actions as db
from novalite.exception import ActionNotFound, NotFound, ValidationError
from novalite.wsgi.formats import parse_time
from novalite.wsgi.operations import Operation, Request
from novalite.wsgi.paging import next_links, page

LIST_RULE = "os_compute_api:os-instance-actions:list"
SHOW_RULE = "os_compute_api:os-instance-actions:show"
EVENTS_RULE = "os_compute_api:os-instance-actions:events"
DETAILS_RULE = "os_compute_api:os-instance-actions:events:details"


def _find(req: Request, rule: str) -> lookup.Found:
    """Deleted servers keep their actions; they are shown from 2.21."""
    deleted = None if req.version >= (2, 21) else False
    return servers.find(req, rule, uuid=req.path["server_id"], deleted=deleted)


def index(req: Request) -> dict[str, Any]:
    found = _find(req, LIST_RULE)
    paged = req.version >= (2, 58)
    limit, marker = page(req) if paged else (None, None)
    since = _time(req, "changes-since") if paged else None
    before = _time(req, "changes-before") if req.version >= (2, 66) else None
    if since and before and since > before:
        raise ValidationError(
            detail="The value of changes-since must be less than or equal to changes-before."
        )
    actions = []
    if found.database is not None and limit != 0:
        with found.cell.read() as conn:
            actions = db.list_(
                conn,
                found.instance.uuid,
                limit=limit,
                marker=marker,
                changes_since=since,
                changes_before=before,
            )
    body: dict[str, Any] = {
        "instanceActions": [views.action(req.version, action) for action in actions]
    }
    if limit is not None and actions:
        path = f"/servers/{found.instance.uuid}/os-instance-actions"
        links = next_links(req, path, limit, len(actions), actions[-1].request_id)
        if links:
            body["links"] = links
    return body


def _time(req: Request, name: str) -> Any:
    text = req.query_one(name)
    if text is None:
        return None
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise ValidationError(detail=f"Invalid filter field: {name}.") from None


def show(req: Request) -> dict[str, Any]:
    found = _find(req, SHOW_RULE)
    request_id = req.path["id"]
    not_found = NotFound(f"Action {request_id} not found")
    if found.database is None:
        raise not_found
    with found.cell.read() as conn:
        try:
            action = db.get(conn, found.instance.uuid, request_id)
        except ActionNotFound:
            raise not_found from None
    target = {"project_id": found.instance.project_id, "user_id": found.instance.user_id}
    view = views.shown(
        req.version,
        action,
        found.instance.project_id,
        events_allowed=req.allowed(EVENTS_RULE, target),
        details_allowed=req.version >= (2, 84) and req.allowed(DETAILS_RULE, target),
    )
    return {"instanceAction": view}


OPERATIONS = [
    Operation(
        "GET",
        "/servers/{server_id}/os-instance-actions",
        index,
        "List actions performed on server",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX_ANSWER,
        errors=(400, 404),
    ),
    Operation(
        "GET",
        "/servers/{server_id}/os-instance-actions/{id}",
        show,
        "Show one action (by request id) with events",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOW_ANSWER,
        errors=(404,),
    ),
]
