"""Giving and taking roles: /v3/{projects,domains,system}/.../{users,groups}/.../roles, and the
same below /v3/OS-INHERIT for the projects below a domain or project."""

from collections.abc import Callable
from typing import Any

from novalite.identity.embedded.grants import SYSTEM, Place
from novalite.identity.embedded.rest import roles, views
from novalite.identity.embedded.rest.access import (
    MANAGED_ROLES,
    may_manage_in,
    may_read_in,
    require,
    service_of,
)
from novalite.wsgi.operations import Operation, Request


def _place(req: Request, actor: str, target: str, inherited: bool) -> Place:
    path = req.path
    return Place(actor, path["actor_id"], target, path.get("target_id", SYSTEM), inherited)


def _domains(req: Request, place: Place) -> list[str | None]:
    """Of the target and of the actor."""
    service = service_of(req)
    actors = service.users if place.actor_kind == "user" else service.groups
    actor = actors.find(id=place.actor_id)
    target: str | None = None
    if place.target_kind == "domain":
        target = place.target_id
    elif place.target_kind == "project":
        project = service.projects.find(id=place.target_id)
        target = project["domain_id"] if project else None
    return [target, actor["domain_id"] if actor else None]


def _require(req: Request, place: Place, action: str, role_id: str | None) -> None:
    """``role_id`` None: only to look."""
    if role_id is None:
        if not may_read_in(req, None):
            require(all(may_read_in(req, each) for each in _domains(req, place)), action)
        return
    if may_manage_in(req, None):
        return
    role = service_of(req).roles.find(id=role_id)
    allowed = role is not None and role["name"] in MANAGED_ROLES and not role["domain_id"]
    require(allowed and all(may_manage_in(req, each) for each in _domains(req, place)), action)


def _operations(actor: str, target: str, root: str, *, inherited: bool) -> list[Operation]:
    """The operations of one kind of actor on one kind of target; ``root`` is the target's path."""

    def list_(req: Request) -> dict[str, Any]:
        place = _place(req, actor, target, inherited)
        _require(req, place, "list_grants", None)
        items = [roles.view(req, row) for row in service_of(req).grants.list_roles(place)]
        path = many.format(actor_id=place.actor_id, target_id=place.target_id)
        return views.collection(req, "roles", items, path)

    def check(req: Request) -> None:
        place = _place(req, actor, target, inherited)
        _require(req, place, "check_grant", None)
        service_of(req).grants.check(place, req.path["role_id"])

    def change(action: str, name: str) -> Callable[[Request], None]:
        def handler(req: Request) -> None:
            place, role_id = _place(req, actor, target, inherited), req.path["role_id"]
            _require(req, place, action, role_id)
            getattr(service_of(req).grants, name)(place, role_id)

        return handler

    end = "/inherited_to_projects" if inherited else ""
    many = f"{root}/{actor}s/{{actor_id}}/roles{end}"
    one = f"{root}/{actor}s/{{actor_id}}/roles/{{role_id}}{end}"
    what = f"{'an inherited' if inherited else 'a'} role on a {target}"
    plural = f"{'inherited ' if inherited else ''}roles on a {target}"
    return [
        Operation("GET", many, list_, f"List the {plural} of a {actor}"),
        Operation("GET", one, check, f"Check {what} of a {actor}", success=204),
        Operation("PUT", one, change("create_grant", "give"), f"Give {what} to a {actor}",
                  success=204),
        Operation("DELETE", one, change("revoke_grant", "take"), f"Take {what} from a {actor}",
                  success=204),
    ]  # fmt: skip


OPERATIONS = [
    operation
    for actor in ("user", "group")
    for target, root, inherited in (
        ("project", "/v3/projects/{target_id}", False),
        ("domain", "/v3/domains/{target_id}", False),
        ("system", "/v3/system", False),
        ("project", "/v3/OS-INHERIT/projects/{target_id}", True),
        ("domain", "/v3/OS-INHERIT/domains/{target_id}", True),
    )
    for operation in _operations(actor, target, root, inherited=inherited)
]
