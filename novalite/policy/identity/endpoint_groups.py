"""Endpoint groups, and which projects see which endpoints."""

from novalite.policy.identity.base import ADMIN, READER, declare, operations_of

_ROOT = "/v3/OS-EP-FILTER"
_GROUP = f"{_ROOT}/endpoint_groups/{{endpoint_group_id}}"
_PROJECT = f"{_ROOT}/projects/{{project_id}}"
_GROUP_IN_PROJECT = f"{_GROUP}/projects/{{project_id}}"
_ENDPOINT_IN_PROJECT = f"{_PROJECT}/endpoints/{{endpoint_id}}"

RULES = [
    *operations_of("endpoint_group", "endpoint_groups", "OS-EP-FILTER/endpoint_groups"),
    *declare(
        (
            "list_projects_associated_with_endpoint_group",
            READER,
            "List the projects that see an endpoint group",
            f"GET {_GROUP}/projects",
        ),
        (
            "list_endpoints_associated_with_endpoint_group",
            READER,
            "List the endpoints of an endpoint group",
            f"GET {_GROUP}/endpoints",
        ),
        (
            "get_endpoint_group_in_project",
            READER,
            "Show an endpoint group of a project",
            f"GET {_GROUP_IN_PROJECT}",
        ),
        (
            "list_endpoint_groups_for_project",
            READER,
            "List a project's endpoint groups",
            f"GET {_PROJECT}/endpoint_groups",
        ),
        (
            "add_endpoint_group_to_project",
            ADMIN,
            "Show an endpoint group to a project",
            f"PUT {_GROUP_IN_PROJECT}",
        ),
        (
            "remove_endpoint_group_from_project",
            ADMIN,
            "Show an endpoint group to a project no longer",
            f"DELETE {_GROUP_IN_PROJECT}",
        ),
        (
            "list_projects_for_endpoint",
            READER,
            "List the projects that see an endpoint",
            f"GET {_ROOT}/endpoints/{{endpoint_id}}/projects",
        ),
        (
            "list_endpoints_for_project",
            READER,
            "List a project's endpoints",
            f"GET {_PROJECT}/endpoints",
        ),
        (
            "check_endpoint_in_project",
            READER,
            "Check that a project sees an endpoint",
            f"GET {_ENDPOINT_IN_PROJECT}",
        ),
        (
            "add_endpoint_to_project",
            ADMIN,
            "Show an endpoint to a project",
            f"PUT {_ENDPOINT_IN_PROJECT}",
        ),
        (
            "remove_endpoint_from_project",
            ADMIN,
            "Show an endpoint to a project no longer",
            f"DELETE {_ENDPOINT_IN_PROJECT}",
        ),
    ),
]
