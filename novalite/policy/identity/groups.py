"""Groups, and who is in them."""

from novalite.policy.identity.base import OWNER, declare, domain_manager, domain_reader

_READER = domain_reader("group.domain_id")
_MANAGER = domain_manager("group.domain_id")
_MANAGER_OF_BOTH = domain_manager("group.domain_id", "user.domain_id")
_MEMBER = "/v3/groups/{group_id}/users/{user_id}"

RULES = declare(
    ("list_groups", domain_reader("domain_id"), "List groups", "GET /v3/groups"),
    ("get_group", _READER, "Show a group", "GET /v3/groups/{group_id}"),
    ("create_group", _MANAGER, "Create a group", "POST /v3/groups"),
    ("update_group", _MANAGER, "Update a group", "PATCH /v3/groups/{group_id}"),
    ("delete_group", _MANAGER, "Delete a group", "DELETE /v3/groups/{group_id}"),
    (
        "list_users_in_group",
        _READER,
        "List the users in a group",
        "GET /v3/groups/{group_id}/users",
    ),
    (
        "check_user_in_group",
        f"{_READER} or {OWNER}",
        "Check that a user is in a group",
        f"GET {_MEMBER}",
    ),
    ("add_user_to_group", _MANAGER_OF_BOTH, "Add a user to a group", f"PUT {_MEMBER}"),
    (
        "remove_user_from_group",
        _MANAGER_OF_BOTH,
        "Remove a user from a group",
        f"DELETE {_MEMBER}",
    ),
)
