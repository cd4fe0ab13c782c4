"""Moves of servers: /os-migrations."""

import datetime
from typing import Any

from oslo_utils import strutils

from novalite.api.compute import migrations as use_cases
from novalite.api.openstack.schemas import migrations as schemas
from novalite.api.openstack.views import migrations as views
from novalite.db.cell_database.migrations import MigrationQuery
from novalite.exception import MarkerNotFound, ValidationError
from novalite.objects import Migration
from novalite.wsgi.formats import parse_time
from novalite.wsgi.operations import Operation, Request
from novalite.wsgi.paging import next_links, page

RULE = "os_compute_api:os-migrations:index"
PROJECTS_RULE = f"{RULE}:all_projects"
HOST_RULE = f"{RULE}:host"
_FILTERS = ("status", "migration_type", "instance_uuid")
_OWNERS = ("user_id", "project_id")


def index(req: Request) -> dict[str, Any]:
    query, marker = _query(req), None
    if req.version >= (2, 59):
        query.limit, marker = page(req)
    found = _find(req, query, marker)
    if req.version < (2, 59):
        found.reverse()  # they had no order; here it is that in which they began
    hosts = req.allowed(HOST_RULE)
    body: dict[str, Any] = {"migrations": [views.listed(req, each, hosts=hosts) for each in found]}
    if query.limit is not None and found:
        links = next_links(req, "/os-migrations", query.limit, len(found), found[-1].uuid)
        if links:
            body["migrations_links"] = links
    return body


def _find(req: Request, query: MigrationQuery, marker: str | None) -> list[Migration]:
    if _asks_for_hidden(req):
        return []
    try:
        return use_cases.list_(req.deployment, query, marker)
    except MarkerNotFound as error:
        raise ValidationError(detail=str(error)) from None


def _asks_for_hidden(req: Request) -> bool:
    """None of them is ever shown."""
    return strutils.bool_from_string(req.query_one("hidden"), default=False)


def _query(req: Request) -> MigrationQuery:
    """Raises ValidationError, and PolicyNotAuthorized for the project of others, or for hosts
    that the caller may not see."""
    names = (*_FILTERS, *_OWNERS) if req.version >= (2, 80) else _FILTERS
    equals = {name: value for name in names if (value := req.query_one(name)) is not None}
    own = req.context.project_id
    if equals.get("project_id", own) != own:
        req.authorize(PROJECTS_RULE)
    elif "project_id" not in equals and not req.allowed(PROJECTS_RULE):
        equals["project_id"] = own or ""
    host, source = req.query_one("host"), req.query_one("source_compute")
    if host is not None or source is not None:
        req.authorize(HOST_RULE)
    if host is None and source is not None:
        equals["source_compute"] = source
    since, before = _time(req, "changes-since", (2, 59)), _time(req, "changes-before", (2, 66))
    if since and before and since > before:
        raise ValidationError(
            detail="The value of changes-since must be less than or equal to changes-before."
        )
    return MigrationQuery(equals, host, since, before)


def _time(req: Request, name: str, since: tuple[int, int]) -> datetime.datetime | None:
    text = req.query_one(name) if req.version >= since else None
    if text is None:
        return None
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise ValidationError(detail=f"Invalid filter field: {name}.") from None


OPERATIONS = [
    Operation(
        "GET",
        "/os-migrations",
        index,
        "List migrations",
        policy=RULE,
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
        errors=(400,),
    ),
]
