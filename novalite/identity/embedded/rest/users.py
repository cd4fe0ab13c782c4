"""/v3/users"""

from typing import Any

from novalite.identity.embedded import queries
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    is_admin,
    may_read_all,
    require,
    service_of,
)
from novalite.wsgi.operations import Operation, Request

_FIELDS = {
    "name": forms.LONG_NAME,
    "domain_id": forms.ID,
    "password": {"type": ["string", "null"], "maxLength": 4096},
    "email": {"type": ["string", "null"], "maxLength": 255},
    "description": forms.TEXT,
    "default_project_id": {"type": ["string", "null"], "maxLength": 64},
    "enabled": forms.BOOLEAN,
}
_CHANGES = {k: v for k, v in _FIELDS.items() if k != "domain_id"}
_PASSWORD = {
    "original_password": {"type": "string"},
    "password": {"type": "string", "minLength": 1, "maxLength": 4096},
}


def list_(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "list_users")
    rows = service_of(req).directory.list_(
        queries.users, **forms.filters(req, "name", "domain_id", "enabled")
    )
    return views.collection(req, "users", [views.user(req, row) for row in rows])


def show(req: Request) -> dict[str, Any]:
    require(_self(req) or may_read_all(req), "get_user")
    row = service_of(req).directory.get(queries.users, req.path["id"])
    return {"user": views.user(req, row)}


def create(req: Request) -> dict[str, Any]:
    require(is_admin(req), "create_user")
    row = service_of(req).directory.create_user(forms.known(req, "user", _FIELDS))
    return {"user": views.user(req, row)}


def update(req: Request) -> dict[str, Any]:
    require(is_admin(req), "update_user")
    changes = forms.known(req, "user", _CHANGES)
    row = service_of(req).directory.update_user(req.path["id"], changes)
    return {"user": views.user(req, row)}


def delete(req: Request) -> None:
    require(is_admin(req), "delete_user")
    service_of(req).directory.delete_user(req.path["id"])


def change_password(req: Request) -> None:
    """Who knows the old password may set a new one."""
    values = req.body["user"]
    service_of(req).change_password(
        req.path["id"],
        values["original_password"],
        values["password"],
        req.environ.get("REMOTE_ADDR", ""),
    )


def list_projects(req: Request) -> dict[str, Any]:
    require(_self(req) or may_read_all(req), "list_user_projects")
    service = service_of(req)
    user_id = service.directory.get(queries.users, req.path["id"])["id"]
    items = [views.project(req, row) for row in service.grants.projects_of(user_id)]
    return views.collection(req, "projects", items, f"/v3/users/{user_id}/projects")


def _self(req: Request) -> bool:
    return req.path["id"] == req.context.user_id


_USER = "/v3/users/{id}"
OPERATIONS = [
    Operation("GET", "/v3/users", list_, "List users"),
    Operation("GET", _USER, show, "Show a user"),
    Operation(
        "POST", "/v3/users", create, "Create a user", success=201,
        request=forms.body("user", _FIELDS, ("name",)),
    ),
    Operation(
        "PATCH", _USER, update, "Update a user", request=forms.body("user", _CHANGES),
    ),
    Operation("DELETE", _USER, delete, "Delete a user", success=204),
    Operation(
        "POST", "/v3/users/{id}/password", change_password, "Change one's password", success=204,
        request=forms.body("user", _PASSWORD, ("original_password", "password")), public=True,
    ),
    Operation("GET", "/v3/users/{id}/projects", list_projects, "List a user's projects"),
]  # fmt: skip
