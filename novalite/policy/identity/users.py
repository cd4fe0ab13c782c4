"""Users."""

from novalite.policy.identity.base import OWNER, declare, domain_manager, domain_reader

_OF_USER = f"{domain_reader('user.domain_id')} or {OWNER}"
_MANAGER = domain_manager("user.domain_id")

RULES = declare(
    ("list_users", domain_reader("domain_id"), "List users", "GET /v3/users"),
    ("get_user", _OF_USER, "Show a user", "GET /v3/users/{user_id}"),
    ("create_user", _MANAGER, "Create a user", "POST /v3/users"),
    ("update_user", _MANAGER, "Update a user", "PATCH /v3/users/{user_id}"),
    ("delete_user", _MANAGER, "Delete a user", "DELETE /v3/users/{user_id}"),
    (
        "list_user_projects",
        _OF_USER,
        "List the projects that a user has roles on",
        "GET /v3/users/{user_id}/projects",
    ),
    (
        "list_groups_for_user",
        _OF_USER,
        "List the groups that a user is in",
        "GET /v3/users/{user_id}/groups",
    ),
)
