"""Giving and taking roles: /v3/{projects,domains,system}/.../{users,groups}/.../roles, and the
same below /v3/OS-INHERIT for the projects below a domain or project."""

from collections.abc import Callable
from typing import Any

from novalite.identity.embedded.grants import SYSTEM, Place
from novalite.identity.embedded.rest import roles, views
from novalite.identity.embedded.rest.access import (
    Target,
    about,
    allowed,
    authorize,
    service_of,
)
from novalite.wsgi.operations import Operation, Request


def _place(req: Request, actor: str, target: str, inherited: bool) -> Place:
    path = req.path
    return Place(actor, path["actor_id"], target, path.get("target_id", SYSTEM), inherited)


def _target(req: Request, place: Place) -> Target:
    """Of who has the role, and of where."""
    service = service_of(req)
    actors = service.users if place.actor_kind == "user" else service.groups
    actor = actors.find(id=place.actor_id)
    target = about(place.actor_kind, id=place.actor_id, domain_id=actor and actor["domain_id"])
    if place.target_kind == "project":
        project = service.projects.find(id=place.target_id)
        domain_id = project["domain_id"] if project else None
        return target | about("project", id=place.target_id, domain_id=domain_id)
    return target | about(place.target_kind, id=place.target_id)


def _of_role(req: Request) -> Target:
    """A role that belongs to no domain has ``target.role.domain_id`` None, for rules to see."""
    role = service_of(req).roles.find(id=req.path["role_id"])
    if role is None:
        return {}
    return {"target.role.domain_id": role["domain_id"] or None} | about("role", name=role["name"])


def _authorize(req: Request, verb: str, place: Place) -> None:
    """Raises PolicyNotAuthorized. What is asked for is looked up only for who may not do it
    everywhere."""
    if place.target_kind == "system":
        noun = "grants" if verb == "list" else "grant"
        authorize(req, f"{verb}_system_{noun}_for_{place.actor_kind}", {})
        return
    action = "list_grants" if verb == "list" else f"{verb}_grant"
    if not allowed(req, action, {}):
        of_role = _of_role(req) if "role_id" in req.path else {}
        authorize(req, action, _target(req, place) | of_role)


def _operations(actor: str, target: str, root: str, *, inherited: bool) -> list[Operation]:
    """The operations of one kind of actor on one kind of target; ``root`` is the target's path."""

    def list_(req: Request) -> dict[str, Any]:
        place = _place(req, actor, target, inherited)
        _authorize(req, "list", place)
        items = [roles.view(req, row) for row in service_of(req).grants.list_roles(place)]
        path = many.format(actor_id=place.actor_id, target_id=place.target_id)
        return views.collection(req, "roles", items, path)

    def check(req: Request) -> None:
        place = _place(req, actor, target, inherited)
        _authorize(req, "check", place)
        service_of(req).grants.check(place, req.path["role_id"])

    def change(verb: str, name: str) -> Callable[[Request], None]:
        def handler(req: Request) -> None:
            place = _place(req, actor, target, inherited)
            _authorize(req, verb, place)
            getattr(service_of(req).grants, name)(place, req.path["role_id"])

        return handler

    end = "/inherited_to_projects" if inherited else ""
    many = f"{root}/{actor}s/{{actor_id}}/roles{end}"
    one = f"{root}/{actor}s/{{actor_id}}/roles/{{role_id}}{end}"
    what = f"{'an inherited' if inherited else 'a'} role on a {target}"
    plural = f"{'inherited ' if inherited else ''}roles on a {target}"
    return [
        Operation("GET", many, list_, f"List the {plural} of a {actor}"),
        Operation("GET", one, check, f"Check {what} of a {actor}", success=204),
        Operation("PUT", one, change("create", "give"), f"Give {what} to a {actor}",
                  success=204),
        Operation("DELETE", one, change("revoke", "take"), f"Take {what} from a {actor}",
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
