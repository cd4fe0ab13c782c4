"""Projects and their tags. ``target.project.user_id`` is the caller if he has a role on it."""

from novalite.policy.identity.base import declare, domain_manager, domain_reader

_READER = (
    f"{domain_reader('project.domain_id')} or project_id:%(target.project.id)s "
    "or user_id:%(target.project.user_id)s"
)
_MANAGER = domain_manager("project.domain_id")
_ONE = "/v3/projects/{project_id}"
_TAG = f"{_ONE}/tags/{{value}}"

RULES = declare(
    ("list_projects", domain_reader("domain_id"), "List projects", "GET /v3/projects"),
    ("get_project", _READER, "Show a project", f"GET {_ONE}"),
    ("create_project", _MANAGER, "Create a project", "POST /v3/projects"),
    ("update_project", _MANAGER, "Update a project", f"PATCH {_ONE}"),
    ("delete_project", _MANAGER, "Delete a project", f"DELETE {_ONE}"),
    ("list_project_tags", _READER, "List a project's tags", f"GET {_ONE}/tags"),
    ("get_project_tag", _READER, "Check a project's tag", f"GET {_TAG}"),
    ("update_project_tags", _MANAGER, "Set a project's tags", f"PUT {_ONE}/tags"),
    ("create_project_tag", _MANAGER, "Add a tag to a project", f"PUT {_TAG}"),
    ("delete_project_tag", _MANAGER, "Remove a tag from a project", f"DELETE {_TAG}"),
    ("delete_project_tags", _MANAGER, "Remove a project's tags", f"DELETE {_ONE}/tags"),
)
