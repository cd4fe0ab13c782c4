"""/v3/role_assignments"""

from typing import Any

from novalite import exception
from novalite.identity.embedded.grants import SYSTEM
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    about_user,
    reading,
    service_of,
)
from novalite.identity.embedded.role_assignments import Assignment, Names, Wanted
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request

_INHERITED = "scope.OS-INHERIT:inherited_to"


def list_(req: Request) -> dict[str, Any]:
    """Filters ``user.id``, ``group.id``, ``role.id``, ``scope.project.id``, ``scope.domain.id``,
    ``scope.system`` and ``scope.OS-INHERIT:inherited_to``; ``effective``, ``include_names``,
    ``include_subtree``."""
    wanted = _wanted(req)
    action = "list_role_assignments_for_tree" if wanted.subtree else "list_role_assignments"
    limited = reading(req, action, about_user(wanted.user_id) if wanted.user_id else None)
    found, names = service_of(req).role_assignments.list_(wanted, limited.get("domain_id"))
    shown = names if forms.flagged(req, "include_names") else None
    items = [_view(req, each, shown) for each in found]
    return views.collection(req, "role_assignments", items)


def _wanted(req: Request) -> Wanted:
    """Raises ValidationError for what excludes each other."""
    wanted = Wanted(
        user_id=req.query_one("user.id"),
        group_id=req.query_one("group.id"),
        role_id=req.query_one("role.id"),
        subtree=forms.flagged(req, "include_subtree"),
        effective=forms.flagged(req, "effective"),
    )
    targets = [
        (kind, req.query_one(f"scope.{kind}.id"))
        for kind in ("project", "domain")
        if req.query_one(f"scope.{kind}.id")
    ]
    if "scope.system" in req.query:
        targets.append(("system", SYSTEM))
    if len(targets) > 1:
        raise _refused("Specify a domain, a project or the system, not several of them")
    if targets:
        ((wanted.target_kind, wanted.target_id),) = targets
    if wanted.user_id and wanted.group_id:
        raise _refused("Specify a user or group, not both")
    if wanted.effective and wanted.group_id:
        raise _refused("Combining effective and group filter will always result in an empty list.")
    if wanted.subtree and wanted.target_kind != "project":
        raise _refused("scope.project.id must be specified if include_subtree is also specified")
    inherited = req.query_one(_INHERITED)
    if inherited is not None:
        if inherited != "projects":
            raise _refused(f"{_INHERITED} must be projects")
        if wanted.effective and wanted.target_kind == "domain":
            raise _refused(
                "Combining effective, domain and inherited filters will always result in an empty "
                "list."
            )
        wanted.inherited = True
    return wanted


def _refused(detail: str) -> exception.ValidationError:
    return exception.ValidationError(detail=detail)


def _view(req: Request, each: Assignment, names: Names | None) -> Row:
    inherited = each.inherited or each.inherited_from is not None
    body: Row = {"scope": _scope(each, names), "role": {"id": each.role_id}}
    if inherited:
        body["scope"]["OS-INHERIT:inherited_to"] = "projects"
    actor: Row = {"id": each.actor_id}
    if names is not None:
        body["role"] |= _named(names.roles[each.role_id], names)
        actors = names.users if each.actor_kind == "user" else names.groups
        actor |= _named(actors[each.actor_id], names)
    body[each.actor_kind] = actor
    body["links"] = _links(req, each, inherited)
    return body


def _named(row: Row, names: Names) -> Row:
    found = {"name": row["name"]}
    domain = names.domains.get(row["domain_id"] or "")
    return found | ({"domain": {"id": domain["id"], "name": domain["name"]}} if domain else {})


def _scope(each: Assignment, names: Names | None) -> Row:
    if each.target_kind == "system":
        return {"system": {SYSTEM: True}}
    scope: Row = {"id": each.target_id}
    if names is not None:
        if each.target_kind == "project":
            scope |= _named(names.projects[each.target_id], names)
        else:
            scope["name"] = names.domains[each.target_id]["name"]
    return {each.target_kind: scope}


def _links(req: Request, each: Assignment, inherited: bool) -> Row:
    kind, target_id = each.inherited_from or (each.target_kind, each.target_id)
    where = "system" if kind == "system" else f"{kind}s/{target_id}"
    actor = ("group", each.group_id) if each.group_id else (each.actor_kind, each.actor_id)
    path = f"{where}/{actor[0]}s/{actor[1]}/roles/{each.given_role_id}"
    if inherited:
        path = f"OS-INHERIT/{path}/inherited_to_projects"
    found = {"assignment": req.link(f"/v3/{path}")}
    if each.group_id:
        found["membership"] = req.link(f"/v3/groups/{each.group_id}/users/{each.actor_id}")
    if each.prior_role_id:
        found["prior_role"] = req.link(f"/v3/roles/{each.prior_role_id}")
    return found


OPERATIONS = [Operation("GET", "/v3/role_assignments", list_, "List role assignments")]
