"""Server groups: /os-server-groups. Members are shown as long as they are not being deleted."""

from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import Connection

from novalite.api.compute import groups as use_cases
from novalite.api.openstack.flavors import api_database
from novalite.api.openstack.schemas import server_groups as schemas
from novalite.api.openstack.views import server_groups as views
from novalite.db.api_database import instance_groups as db
from novalite.exception import ValidationError
from novalite.objects import InstanceGroup
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-server-groups:"
_LAST_NUMBER = 2**63 - 1


def _page(req: Request) -> tuple[int, int]:
    """(limit, offset); a limit of nothing is the greatest one."""
    most: int = req.deployment.conf.api.max_limit
    limit = min(int(req.query_one("limit") or 0) or most, most)
    return limit, min(int(req.query_one("offset") or 0), _LAST_NUMBER)


def index(req: Request) -> dict[str, Any]:
    project_id = req.context.project_id
    # Who is no admin gets the own groups, whatever is asked for.
    if "all_projects" in req.query and req.context.is_admin:
        req.authorize(RULE + "index:all_projects")
        project_id = None
    limit, offset = _page(req)
    with api_database(req).read() as conn:
        found = db.list_(conn, project_id, limit=limit, offset=offset, living=True)
    return views.listed(req.version, found)


def _find(req: Request, conn: Connection, action: str) -> InstanceGroup:
    """Raises InstanceGroupNotFound and PolicyNotAuthorized."""
    group = db.get(conn, req.path["id"], living=True)
    req.authorize(RULE + action, {"project_id": group.project_id})
    return group


def show(req: Request) -> dict[str, Any]:
    with api_database(req).read() as conn:
        group = _find(req, conn, "show")
    return views.shown(req.version, group)


def _policy(req: Request) -> tuple[str, dict[str, int]]:
    """The policy and its rules. Raises ValidationError."""
    given = req.body["server_group"]
    if req.version < (2, 64):
        return given["policies"][0], {}
    policy, rules = given["policy"], given.get("rules", {})
    if rules and policy != "anti-affinity":
        raise ValidationError(detail="Only anti-affinity policy supports rules.")
    return policy, {name: int(value) for name, value in rules.items()}


def create(req: Request) -> dict[str, Any]:
    policy, rules = _policy(req)
    group = InstanceGroup(
        uuid=uuidutils.generate_uuid(),
        project_id=req.context.project_id or "",
        user_id=req.context.user_id or "",
        name=req.body["server_group"]["name"],
        policy=policy,
        rules=rules,
    )
    conf = req.deployment.conf
    stored = api_database(req).run(lambda conn: use_cases.create(conf, conn, group))
    return views.shown(req.version, stored)


def delete(req: Request) -> None:
    def destroy(conn: Connection) -> None:
        db.destroy(conn, _find(req, conn, "delete").uuid)

    api_database(req).run(destroy)


OPERATIONS = [
    Operation(
        "GET",
        "/os-server-groups",
        index,
        "List server groups",
        policy=RULE + "index",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
    ),
    Operation(
        "POST",
        "/os-server-groups",
        create,
        "Create server group",
        policy=RULE + "create",
        request=schemas.CREATE,
        response=schemas.SHOW,
        errors=(400, 403, 409),
    ),
    Operation(
        "GET",
        "/os-server-groups/{id}",
        show,
        "Show server group",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOW,
        errors=(404,),
    ),
    Operation(
        "DELETE",
        "/os-server-groups/{id}",
        delete,
        "Delete server group",
        success=204,
        errors=(404,),
    ),
]
