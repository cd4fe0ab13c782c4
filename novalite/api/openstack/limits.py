"""What a project may use and does use: /limits."""

from typing import Any

from novalite import quota
from novalite.api.openstack.flavors import api_database
from novalite.api.openstack.schemas import limits as schemas
from novalite.api.openstack.views import limits as views
from novalite.db.api_database import instance_groups
from novalite.wsgi.operations import Operation, Request


def show_limits(req: Request) -> dict[str, Any]:
    project_id = req.context.project_id or ""
    other = req.query_one("tenant_id")
    if other is not None and other != project_id:
        req.authorize("os_compute_api:limits:other_project")
        project_id = other
    with api_database(req).read() as conn:
        room = quota.room(req.deployment.conf, conn, project_id)
        groups = instance_groups.count(conn, project_id)
    return views.shown(req.version, room.limits, {**room.used, "server_groups": groups})


OPERATIONS = [
    Operation(
        "GET",
        "/limits",
        show_limits,
        "Show rate (empty) and absolute limits",
        policy="os_compute_api:limits",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
    ),
]
