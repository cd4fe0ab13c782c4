"""What projects used within a period: /os-simple-tenant-usage."""

import datetime
from typing import Any

from novalite.api.compute import usage
from novalite.api.openstack.schemas import simple_tenant_usage as schemas
from novalite.api.openstack.views import simple_tenant_usage as views
from novalite.db.cell_database.usage import ServerUse
from novalite.exception import MarkerNotFound, ValidationError
from novalite.wsgi.operations import Operation, Request
from novalite.wsgi.paging import next_links, page

_PATH = "/os-simple-tenant-usage"
_FORMATS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")


def _time(text: str) -> datetime.datetime:
    for form in _FORMATS:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValidationError(detail="Invalid datetime string: Datetime is in invalid format")


def _first(req: Request, name: str) -> str | None:
    values = req.query.get(name)
    return values[0] or None if values else None


def _period(req: Request) -> views.Period:
    """What is asked for, until now at the latest. Raises ValidationError."""
    now = req.deployment.clock.now()
    start, end = _first(req, "start"), _first(req, "end")
    begin = now if start is None else _time(start)
    stop = now if end is None else _time(end)
    # Of nothing that was asked for nothing is wrong: the period is the present moment.
    if begin >= stop and (start is not None or end is not None):
        raise ValidationError(
            detail="Invalid start time. The start time cannot occur after the end time."
        )
    return views.Period(begin, min(stop, now), now)


def _servers(
    req: Request, period: views.Period, project_id: str | None
) -> tuple[int, list[ServerUse]]:
    """(limit, one page of servers). Raises ValidationError for an unknown marker."""
    limit, marker = req.deployment.conf.api.max_limit, None
    if req.version >= (2, 40):
        limit, marker = page(req)
    try:
        found = usage.servers(
            req.deployment,
            period.begin,
            period.end,
            project_id=project_id,
            limit=limit,
            marker=marker,
        )
    except MarkerNotFound as error:
        raise ValidationError(detail=str(error)) from None
    return limit, found


def _with_links(
    req: Request, body: dict[str, Any], name: str, path: str, limit: int, found: list[ServerUse]
) -> dict[str, Any]:
    if req.version >= (2, 40) and found:
        links = next_links(req, path, limit, len(found), found[-1].uuid)
        if links:
            body[name] = links
    return body


def index(req: Request) -> dict[str, Any]:
    period = _period(req)
    limit, found = _servers(req, period, None)
    detailed = _first(req, "detailed") == "1"
    body: dict[str, Any] = {"tenant_usages": views.listed(found, period, detailed=detailed)}
    return _with_links(req, body, "tenant_usages_links", _PATH, limit, found)


def show(req: Request) -> dict[str, Any]:
    project_id = req.path["id"]
    req.authorize("os_compute_api:os-simple-tenant-usage:show", {"project_id": project_id})
    period = _period(req)
    limit, found = _servers(req, period, project_id)
    usages = views.listed(found, period, detailed=True)
    body: dict[str, Any] = {"tenant_usage": usages[0] if usages else {}}
    return _with_links(req, body, "tenant_usage_links", f"{_PATH}/{project_id}", limit, found)


OPERATIONS = [
    Operation(
        "GET",
        _PATH,
        index,
        "Usage of all projects",
        policy="os_compute_api:os-simple-tenant-usage:list",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
        errors=(400,),
    ),
    Operation(
        "GET",
        f"{_PATH}/{{id}}",
        show,
        "Usage of one project",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOWN,
        errors=(400,),
    ),
]
