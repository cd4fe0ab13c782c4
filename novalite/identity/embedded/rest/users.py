"""/v3/users"""

from typing import Any

from novalite.identity.embedded.rest import forms, projects, views
from novalite.identity.embedded.rest.access import (
    about,
    address_of,
    authorize,
    default_domain,
    fetch,
    reading,
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request

_OPTIONS: forms.Schema = {
    "type": "object",
    "properties": {
        **{
            name: {"type": ["boolean", "null"]}
            for name in (
                "ignore_change_password_upon_first_use",
                "ignore_password_expiry",
                "ignore_lockout_failure_attempts",
                "ignore_user_inactivity",
                "lock_password",
                "multi_factor_auth_enabled",
            )
        },
        "multi_factor_auth_rules": {
            "type": ["array", "null"],
            "items": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "uniqueItems": True,
            },
            "uniqueItems": True,
        },
    },
    "additionalProperties": False,
}
_FIELDS = {
    "name": forms.LONG_NAME,
    "domain_id": forms.ID,
    "password": {"type": ["string", "null"], "maxLength": 4096},
    "email": {"type": ["string", "null"], "maxLength": 255},
    "description": forms.TEXT,
    "default_project_id": forms.OPTIONAL_ID,
    "enabled": forms.BOOLEAN,
    "options": _OPTIONS,
}
_PASSWORD = {
    "original_password": {"type": "string"},
    "password": {"type": "string", "minLength": 1, "maxLength": 4096},
}


def list_(req: Request) -> dict[str, Any]:
    wanted = forms.filters(req, *forms.USER_FILTERS) | reading(req, "list_users")
    page = forms.page(req)
    rows = service_of(req).users.list_(wanted, page)
    return views.collection(req, "users", [views.user(req, row) for row in rows], page=page)


def show(req: Request) -> dict[str, Any]:
    row = fetch(req, service_of(req).users, "user", "get_user")
    return {"user": views.user(req, row)}


def create(req: Request) -> dict[str, Any]:
    values = default_domain(req) | _values(req)
    authorize(req, "create_user", about("user", domain_id=values.get("domain_id")))
    return {"user": views.user(req, service_of(req).users.create(values))}


def update(req: Request) -> dict[str, Any]:
    users = service_of(req).users
    fetch(req, users, "user", "update_user")
    return {"user": views.user(req, users.update(req.path["id"], _values(req)))}


def delete(req: Request) -> None:
    users = service_of(req).users
    fetch(req, users, "user", "delete_user")
    users.delete(req.path["id"])


def change_password(req: Request) -> None:
    """Who knows the old password may set a new one."""
    values = req.body["user"]
    service_of(req).change_password(
        req.path["id"], values["original_password"], values["password"], address_of(req)
    )


def list_projects(req: Request) -> dict[str, Any]:
    """The projects on which the user has a role."""
    service = service_of(req)
    user_id = fetch(req, service.users, "user", "list_user_projects")["id"]
    page = forms.page(req)
    wanted = forms.filters(req, "name", "domain_id", "enabled")
    rows = forms.cut(forms.fitting(service.grants.projects_of(user_id), wanted), page)
    items = [projects.view(req, row) for row in service.projects.dressed(rows)]
    return views.collection(req, "projects", items, f"/v3/users/{user_id}/projects", page)


def list_groups(req: Request) -> dict[str, Any]:
    """The groups that the user is in."""
    service = service_of(req)
    user_id = fetch(req, service.users, "user", "list_groups_for_user")["id"]
    page = forms.page(req)
    rows = service.users.groups_of(user_id, forms.filters(req, "name"), page)
    items = [views.group(req, row) | {"membership_expires_at": None} for row in rows]
    return views.collection(req, "groups", items, f"/v3/users/{user_id}/groups", page)


def _values(req: Request) -> Row:
    values = forms.with_extra(req, "user", _FIELDS)
    values.get("extra", {}).pop("password_expires_at", None)
    return values


_USER = "/v3/users/{id}"
OPERATIONS = [
    Operation("GET", "/v3/users", list_, "List users"),
    Operation("GET", _USER, show, "Show a user"),
    Operation(
        "POST", "/v3/users", create, "Create a user", success=201,
        request=forms.body("user", _FIELDS, ("name",)),
    ),
    Operation(
        "PATCH", _USER, update, "Update a user", request=forms.body("user", _FIELDS),
    ),
    Operation("DELETE", _USER, delete, "Delete a user", success=204),
    Operation(
        "POST", "/v3/users/{id}/password", change_password, "Change one's password", success=204,
        request=forms.body("user", _PASSWORD, ("original_password", "password")), public=True,
    ),
    Operation("GET", "/v3/users/{id}/projects", list_projects, "List a user's projects"),
    Operation("GET", "/v3/users/{id}/groups", list_groups, "List a user's groups"),
]  # fmt: skip
