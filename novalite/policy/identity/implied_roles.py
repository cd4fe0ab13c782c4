"""Roles that imply others."""

from novalite.policy.identity.base import ADMIN, READER, declare

_MANY = "/v3/roles/{prior_role_id}/implies"
_ONE = f"{_MANY}/{{implied_role_id}}"

RULES = declare(
    (
        "list_role_inference_rules",
        READER,
        "List which roles imply which",
        "GET /v3/role_inferences",
    ),
    ("list_implied_roles", READER, "List the roles that a role implies", f"GET {_MANY}"),
    ("get_implied_role", READER, "Show that a role implies another", f"GET {_ONE}"),
    ("check_implied_role", READER, "Check that a role implies another", f"HEAD {_ONE}"),
    ("create_implied_role", ADMIN, "Let a role imply another", f"PUT {_ONE}"),
    ("delete_implied_role", ADMIN, "Let a role imply another no longer", f"DELETE {_ONE}"),
)
