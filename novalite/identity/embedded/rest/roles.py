"""/v3/roles, and giving and taking them: /v3/{projects,domains,system}/.../users/.../roles."""

from collections.abc import Callable
from typing import Any

from novalite import exception
from novalite.identity.embedded import queries
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    is_admin,
    may_read_all,
    require,
    service_of,
)
from novalite.identity.embedded.scoping import SYSTEM
from novalite.wsgi.operations import Operation, Request

_FIELDS = {"name": forms.LONG_NAME, "description": forms.TEXT}


def list_(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "list_roles")
    rows = service_of(req).directory.list_(queries.roles, **forms.filters(req, "name"))
    return views.collection(req, "roles", [views.role(req, row) for row in rows])


def show(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "get_role")
    return {"role": views.role(req, service_of(req).directory.get(queries.roles, req.path["id"]))}


def create(req: Request) -> dict[str, Any]:
    require(is_admin(req), "create_role")
    row = service_of(req).directory.create_role(forms.known(req, "role", _FIELDS))
    return {"role": views.role(req, row)}


def update(req: Request) -> dict[str, Any]:
    require(is_admin(req), "update_role")
    changes = forms.known(req, "role", _FIELDS)
    return {"role": views.role(req, service_of(req).directory.update_role(req.path["id"], changes))}


def delete(req: Request) -> None:
    require(is_admin(req), "delete_role")
    service_of(req).directory.delete_role(req.path["id"])


def _grants(kind: str, root: str) -> list[Operation]:
    """The four operations of one kind of target; ``root`` is its path."""

    def target(req: Request) -> str:
        return req.path.get("target_id", SYSTEM)

    def on_target(req: Request) -> dict[str, Any]:
        require(may_read_all(req), "list_grants")
        given = service_of(req).grants.list_roles(req.path["user_id"], kind, target(req))
        items = [views.role(req, row) for row in given]
        path = root.format(target_id=target(req)) + f"/users/{req.path['user_id']}/roles"
        return views.collection(req, "roles", items, path)

    def check(req: Request) -> None:
        require(may_read_all(req), "check_grant")
        given = service_of(req).grants.list_roles(req.path["user_id"], kind, target(req))
        if not any(row["id"] == req.path["role_id"] for row in given):
            raise exception.NotFound(
                f"Could not find role assignment with role: {req.path['role_id']}."
            )

    def change(action: str, name: str) -> Callable[[Request], None]:
        def handler(req: Request) -> None:
            require(is_admin(req), action)
            method = getattr(service_of(req).grants, name)
            method(req.path["user_id"], kind, target(req), req.path["role_id"])

        return handler

    many = root + "/users/{user_id}/roles"
    one = many + "/{role_id}"
    return [
        Operation("GET", many, on_target, f"List a user's roles on a {kind}"),
        Operation("HEAD", one, check, f"Check a user's role on a {kind}", success=204),
        Operation(
            "PUT", one, change("create_grant", "assign"), f"Give a role on a {kind}", success=204
        ),
        Operation(
            "DELETE", one, change("revoke_grant", "unassign"), f"Take a role on a {kind}",
            success=204,
        ),
    ]  # fmt: skip


_ROLE = "/v3/roles/{id}"
OPERATIONS = [
    Operation("GET", "/v3/roles", list_, "List roles"),
    Operation("GET", _ROLE, show, "Show a role"),
    Operation(
        "POST", "/v3/roles", create, "Create a role", success=201,
        request=forms.body("role", _FIELDS, ("name",)),
    ),
    Operation("PATCH", _ROLE, update, "Update a role", request=forms.body("role", _FIELDS)),
    Operation("DELETE", _ROLE, delete, "Delete a role", success=204),
    *_grants("project", "/v3/projects/{target_id}"),
    *_grants("domain", "/v3/domains/{target_id}"),
    *_grants("system", "/v3/system"),
]  # fmt: skip
