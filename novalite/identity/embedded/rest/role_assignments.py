"""/v3/role_assignments"""

from typing import Any

from novalite.identity.embedded.rest import views
from novalite.identity.embedded.rest.access import may_read_all, require, service_of
from novalite.identity.embedded.scoping import SYSTEM
from novalite.wsgi.operations import Operation, Request

Row = dict[str, Any]


def list_(req: Request) -> Row:
    """Filters ``user.id``, ``role.id``, ``scope.project.id``, ``scope.domain.id`` and
    ``scope.system``; ``effective`` adds what roles imply; ``include_names``."""
    mine = req.query_one("user.id") == req.context.user_id
    require(mine or may_read_all(req), "list_role_assignments")
    wanted: Row = {}
    for parameter, column in (("user.id", "user_id"), ("role.id", "role_id")):
        if req.query_one(parameter):
            wanted[column] = req.query_one(parameter)
    for kind in ("project", "domain"):
        if req.query_one(f"scope.{kind}.id"):
            wanted |= {"target_kind": kind, "target_id": req.query_one(f"scope.{kind}.id")}
    if "scope.system" in req.query:
        wanted |= {"target_kind": "system", "target_id": SYSTEM}
    found = service_of(req).grants.list_assignments(wanted, effective=_flag(req, "effective"))
    items = [_view(req, item, names=_flag(req, "include_names")) for item in found]
    return views.collection(req, "role_assignments", items)


def _flag(req: Request, name: str) -> bool:
    value = req.query_one(name)
    return value is not None and value.lower() not in ("0", "false")


def _view(req: Request, item: Row, *, names: bool) -> Row:
    user, role, target = item["user"], item["role"], item["target"]
    kind, target_id = item["kind"], item["target_id"]
    links = {
        "assignment": req.link(
            f"/v3/{'system' if kind == 'system' else f'{kind}s/{target_id}'}"
            f"/users/{user['id']}/roles/{item['through']}"
        )
    }
    if item["through"] != role["id"]:
        links["prior_role"] = req.link(f"/v3/roles/{item['through']}")
    scope: Row = {SYSTEM: True}
    if kind != "system":
        scope = {"id": target_id}
        if names:
            scope["name"] = target["name"]
            if kind == "project":
                scope["domain"] = {"id": target["domain_id"], "name": target["domain_name"]}
    view: Row = {
        "scope": {kind: scope},
        "role": {"id": role["id"]},
        "user": {"id": user["id"]},
        "links": links,
    }
    if names:
        view["role"]["name"] = role["name"]
        view["user"] |= {
            "name": user["name"],
            "domain": {"id": user["domain_id"], "name": user["domain_name"]},
        }
    return view


OPERATIONS = [Operation("GET", "/v3/role_assignments", list_, "List role assignments")]
