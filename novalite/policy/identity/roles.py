"""Roles, those of the whole cloud and those of a domain."""

from novalite.policy.identity.base import ADMIN, READER, declare

# Who manages a domain has to see what he may give.
_READER = f"{READER} or (role:manager and not domain_id:None)"
_ONE = "/v3/roles/{role_id}"

RULES = declare(
    ("list_roles", _READER, "List roles", "GET /v3/roles"),
    ("get_role", _READER, "Show a role", f"GET {_ONE}"),
    ("create_role", ADMIN, "Create a role", "POST /v3/roles"),
    ("update_role", ADMIN, "Update a role", f"PATCH {_ONE}"),
    ("delete_role", ADMIN, "Delete a role", f"DELETE {_ONE}"),
    ("list_domain_roles", _READER, "List the roles of a domain", "GET /v3/roles"),
    ("get_domain_role", _READER, "Show a role of a domain", f"GET {_ONE}"),
    ("create_domain_role", ADMIN, "Create a role of a domain", "POST /v3/roles"),
    ("update_domain_role", ADMIN, "Update a role of a domain", f"PATCH {_ONE}"),
    ("delete_domain_role", ADMIN, "Delete a role of a domain", f"DELETE {_ONE}"),
)
