"""/v3/projects"""

from typing import Any

from novalite.identity.embedded import queries
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    caller,
    is_admin,
    may_read_all,
    require,
    service_of,
)
from novalite.wsgi.operations import Operation, Request

_FIELDS = {
    "name": forms.NAME,
    "domain_id": forms.ID,
    "description": {"type": "string"},
    "enabled": forms.BOOLEAN,
}
_CHANGES = {k: v for k, v in _FIELDS.items() if k != "domain_id"}


def list_(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "list_projects")
    wanted = forms.filters(req, "name", "domain_id", "enabled")
    rows = service_of(req).directory.list_(queries.projects, **wanted)
    parent = req.query_one("parent_id")
    if parent is not None:  # projects are not nested: their parent is their domain
        rows = [row for row in rows if row["domain_id"] == parent]
    return views.collection(req, "projects", [views.project(req, row) for row in rows])


def show(req: Request) -> dict[str, Any]:
    project_id = req.path["id"]
    service = service_of(req)
    allowed = (
        req.context.project_id == project_id
        or may_read_all(req)
        or any(row["id"] == project_id for row in service.grants.projects_of(caller(req)))
    )
    require(allowed, "get_project")
    return {"project": views.project(req, service.directory.get(queries.projects, project_id))}


def create(req: Request) -> dict[str, Any]:
    require(is_admin(req), "create_project")
    row = service_of(req).directory.create_project(forms.known(req, "project", _FIELDS))
    return {"project": views.project(req, row)}


def update(req: Request) -> dict[str, Any]:
    require(is_admin(req), "update_project")
    changes = forms.known(req, "project", _CHANGES)
    row = service_of(req).directory.update_project(req.path["id"], changes)
    return {"project": views.project(req, row)}


def delete(req: Request) -> None:
    require(is_admin(req), "delete_project")
    service_of(req).directory.delete_project(req.path["id"])


_PROJECT = "/v3/projects/{id}"
OPERATIONS = [
    Operation("GET", "/v3/projects", list_, "List projects"),
    Operation("GET", _PROJECT, show, "Show a project"),
    Operation(
        "POST", "/v3/projects", create, "Create a project", success=201,
        request=forms.body("project", _FIELDS, ("name",)),
    ),
    Operation(
        "PATCH", _PROJECT, update, "Update a project", request=forms.body("project", _CHANGES),
    ),
    Operation("DELETE", _PROJECT, delete, "Delete a project", success=204),
]  # fmt: skip
