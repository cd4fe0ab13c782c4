"""/v3/groups"""

from typing import Any

from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    about,
    about_row,
    about_user,
    authorize,
    default_domain,
    fetch,
    reading,
    service_of,
)
from novalite.wsgi.operations import Operation, Request

_FIELDS = {"name": forms.NAME, "domain_id": forms.ID, "description": forms.TEXT}


def list_(req: Request) -> dict[str, Any]:
    wanted = forms.filters(req, "name", "domain_id") | reading(req, "list_groups")
    page = forms.page(req)
    rows = service_of(req).groups.list_(wanted, page)
    return views.collection(req, "groups", [views.group(req, row) for row in rows], page=page)


def show(req: Request) -> dict[str, Any]:
    return {"group": views.group(req, fetch(req, service_of(req).groups, "group", "get_group"))}


def create(req: Request) -> dict[str, Any]:
    values = default_domain(req) | forms.with_extra(req, "group", _FIELDS)
    authorize(req, "create_group", about("group", domain_id=values.get("domain_id")))
    return {"group": views.group(req, service_of(req).groups.create(values))}


def update(req: Request) -> dict[str, Any]:
    groups = service_of(req).groups
    fetch(req, groups, "group", "update_group")
    changes = forms.with_extra(req, "group", _FIELDS)
    return {"group": views.group(req, groups.update(req.path["id"], changes))}


def delete(req: Request) -> None:
    groups = service_of(req).groups
    fetch(req, groups, "group", "delete_group")
    groups.delete(req.path["id"])


def list_users(req: Request) -> dict[str, Any]:
    service = service_of(req)
    group_id = fetch(req, service.groups, "group", "list_users_in_group")["id"]
    page = forms.page(req)
    rows = service.groups.users_of(group_id, forms.filters(req, *forms.USER_FILTERS), page)
    items = [views.user(req, row) for row in rows]
    return views.collection(req, "users", items, f"/v3/groups/{group_id}/users", page)


def check_user(req: Request) -> None:
    service = service_of(req)
    target = about_user(req.path["user_id"])
    fetch(req, service.groups, "group", "check_user_in_group", target)
    service.groups.check_user(req.path["id"], req.path["user_id"])


def add_user(req: Request) -> None:
    groups = _changeable(req, "add_user_to_group")
    groups.add_user(req.path["id"], req.path["user_id"])


def remove_user(req: Request) -> None:
    groups = _changeable(req, "remove_user_from_group")
    groups.remove_user(req.path["id"], req.path["user_id"])


def _changeable(req: Request, action: str) -> Any:
    """Group and user have to be the caller's to change, both."""
    service = service_of(req)
    user_id = req.path["user_id"]
    unknown = {"id": user_id, "domain_id": req.context.domain_id}
    user = service.users.find(id=user_id) or unknown
    fetch(req, service.groups, "group", action, about_row("user", user))
    return service.groups


_GROUP = "/v3/groups/{id}"
_MEMBER = "/v3/groups/{id}/users/{user_id}"
OPERATIONS = [
    Operation("GET", "/v3/groups", list_, "List groups"),
    Operation("GET", _GROUP, show, "Show a group"),
    Operation(
        "POST", "/v3/groups", create, "Create a group", success=201,
        request=forms.body("group", _FIELDS, ("name",)),
    ),
    Operation("PATCH", _GROUP, update, "Update a group", request=forms.body("group", _FIELDS)),
    Operation("DELETE", _GROUP, delete, "Delete a group", success=204),
    Operation("GET", "/v3/groups/{id}/users", list_users, "List the users in a group"),
    Operation("GET", _MEMBER, check_user, "Check that a user is in a group", success=204),
    Operation("PUT", _MEMBER, add_user, "Add a user to a group", success=204),
    Operation("DELETE", _MEMBER, remove_user, "Remove a user from a group", success=204),
]  # fmt: skip
