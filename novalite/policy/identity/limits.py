"""Unified limits."""

from novalite.policy.identity.base import ADMIN, EVERYBODY, READER, declare

_REGISTERED = "/v3/registered_limits"
_LIMIT = "/v3/limits/{limit_id}"

RULES = declare(
    ("list_registered_limits", EVERYBODY, "List registered limits", f"GET {_REGISTERED}"),
    (
        "get_registered_limit",
        EVERYBODY,
        "Show a registered limit",
        f"GET {_REGISTERED}/{{registered_limit_id}}",
    ),
    ("create_registered_limits", ADMIN, "Create registered limits", f"POST {_REGISTERED}"),
    (
        "update_registered_limit",
        ADMIN,
        "Update a registered limit",
        f"PATCH {_REGISTERED}/{{registered_limit_id}}",
    ),
    (
        "delete_registered_limit",
        ADMIN,
        "Delete a registered limit",
        f"DELETE {_REGISTERED}/{{registered_limit_id}}",
    ),
    ("get_limit_model", EVERYBODY, "Show the model of limits", "GET /v3/limits/model"),
    (
        "list_limits",
        EVERYBODY,
        "List limits: those of one's project or domain, or all for who may show all",
        "GET /v3/limits",
    ),
    (
        "get_limit",
        f"{READER} or project_id:%(target.limit.project_id)s "
        "or domain_id:%(target.limit.domain.id)s",
        "Show a limit; for who may show any, the list holds all",
        f"GET {_LIMIT}",
    ),
    ("create_limits", ADMIN, "Create limits", "POST /v3/limits"),
    ("update_limit", ADMIN, "Update a limit", f"PATCH {_LIMIT}"),
    ("delete_limit", ADMIN, "Delete a limit", f"DELETE {_LIMIT}"),
)
