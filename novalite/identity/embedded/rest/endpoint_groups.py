"""/v3/OS-EP-FILTER: endpoint groups, and which projects see which endpoints."""

from collections.abc import Callable
from typing import Any

from novalite.identity.embedded.catalog import INTERFACES
from novalite.identity.embedded.rest import endpoints, forms, projects, views
from novalite.identity.embedded.rest.access import (
    service_of,
)
from novalite.identity.embedded.rest.resource import Kind
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request

_ROOT = "OS-EP-FILTER"
_FIELDS = {
    "name": forms.LONG_NAME,
    "description": forms.TEXT,
    "filters": {
        "type": "object",
        "properties": {
            "service_id": forms.ID,
            "region_id": forms.LONG_NAME,
            "interface": {"type": "string", "enum": list(INTERFACES)},
        },
        "additionalProperties": False,
        "minProperties": 1,
    },
}


def view(req: Request, row: Row) -> Row:
    body = views.plain(row, "id", "name", "description", "filters")
    return body | views.links(req, f"{_ROOT}/endpoint_groups/{row['id']}")


def endpoints_of_group(req: Request) -> dict[str, Any]:
    rows = service_of(req).endpoint_groups.endpoints_of(req.path["id"])
    path = f"/v3/{_ROOT}/endpoint_groups/{req.path['id']}/endpoints"
    return views.collection(req, "endpoints", [endpoints.view(req, row) for row in rows], path)


def projects_of_group(req: Request) -> dict[str, Any]:
    rows = service_of(req).endpoint_groups.projects_of(req.path["id"])
    return _projects(req, rows, f"/v3/{_ROOT}/endpoint_groups/{req.path['id']}/projects")


def groups_of_project(req: Request) -> dict[str, Any]:
    rows = service_of(req).endpoint_groups.of_project(req.path["project_id"])
    path = f"/v3/{_ROOT}/projects/{req.path['project_id']}/endpoint_groups"
    return views.collection(req, "endpoint_groups", [view(req, row) for row in rows], path)


def show_group_for_project(req: Request) -> dict[str, Any]:
    groups = service_of(req).endpoint_groups
    groups.check_shown(req.path["id"], req.path["project_id"])
    return {"endpoint_group": view(req, groups.get(req.path["id"]))}


def projects_of_endpoint(req: Request) -> dict[str, Any]:
    rows = service_of(req).endpoints.projects_of(req.path["id"])
    return _projects(req, rows, f"/v3/{_ROOT}/endpoints/{req.path['id']}/projects")


def endpoints_of_project(req: Request) -> dict[str, Any]:
    rows = service_of(req).endpoints.of_project(req.path["project_id"])
    path = f"/v3/{_ROOT}/projects/{req.path['project_id']}/endpoints"
    return views.collection(req, "endpoints", [endpoints.view(req, row) for row in rows], path)


def _projects(req: Request, rows: list[Row], path: str) -> dict[str, Any]:
    dressed = service_of(req).projects.dressed(rows)
    return views.collection(req, "projects", [projects.view(req, row) for row in dressed], path)


def _change(of: str, name: str) -> Callable[[Request], None]:
    def handler(req: Request) -> None:
        getattr(getattr(service_of(req), of), name)(req.path["id"], req.path["project_id"])

    return handler


def _association(path: str, of: str, noun: str) -> list[Operation]:
    name = noun.replace(" ", "_")
    return [
        Operation("PUT", path, _change(of, "show_to"), f"Show an {noun} to a project", success=204,
                  policy=f"identity:add_{name}_to_project"),
        Operation("DELETE", path, _change(of, "hide_from"),
                  f"Show an {noun} to a project no longer", success=204,
                  policy=f"identity:remove_{name}_from_project"),
    ]  # fmt: skip


_GROUPS = f"/v3/{_ROOT}/endpoint_groups"
_PROJECTS = f"/v3/{_ROOT}/projects/{{project_id}}"
_OF_GROUP = f"{_GROUPS}/{{id}}/projects/{{project_id}}"
_OF_ENDPOINT = f"{_PROJECTS}/endpoints/{{id}}"
OPERATIONS = [
    *Kind(
        noun="endpoint_group",
        plural="endpoint_groups",
        path=f"{_ROOT}/endpoint_groups",
        of="endpoint_groups",
        fields=_FIELDS,
        view=view,
        required=("name", "filters"),
        filters=("name",),
    ).operations(),
    Operation(
        "GET", f"{_GROUPS}/{{id}}/endpoints", endpoints_of_group,
        "List the endpoints of an endpoint group",
        policy="identity:list_endpoints_associated_with_endpoint_group",
    ),
    Operation(
        "GET", f"{_GROUPS}/{{id}}/projects", projects_of_group, "List an endpoint group's projects",
        policy="identity:list_projects_associated_with_endpoint_group",
    ),
    Operation(
        "GET", _OF_GROUP, show_group_for_project, "Show an endpoint group of a project",
        policy="identity:get_endpoint_group_in_project",
    ),
    *_association(_OF_GROUP, "endpoint_groups", "endpoint group"),
    Operation(
        "GET", f"{_PROJECTS}/endpoint_groups", groups_of_project,
        "List a project's endpoint groups", policy="identity:list_endpoint_groups_for_project",
    ),
    Operation(
        "GET", f"{_PROJECTS}/endpoints", endpoints_of_project, "List a project's endpoints",
        policy="identity:list_endpoints_for_project",
    ),
    Operation(
        "GET", f"/v3/{_ROOT}/endpoints/{{id}}/projects", projects_of_endpoint,
        "List an endpoint's projects", policy="identity:list_projects_for_endpoint",
    ),
    Operation(
        "GET", _OF_ENDPOINT, _change("endpoints", "check_shown"),
        "Check an endpoint of a project", success=204,
        policy="identity:check_endpoint_in_project",
    ),
    *_association(_OF_ENDPOINT, "endpoints", "endpoint"),
]  # fmt: skip
