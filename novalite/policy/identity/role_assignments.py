"""The list of who has which role where. ``user_id`` is the user that the filter names."""

from novalite.policy.identity.base import OWNER, declare, domain_reader

_READER = f"{domain_reader('domain_id')} or {OWNER}"

RULES = declare(
    (
        "list_role_assignments",
        _READER,
        "List role assignments",
        "GET /v3/role_assignments",
    ),
    (
        "list_role_assignments_for_tree",
        _READER,
        "List the role assignments on a project and those below it (include_subtree)",
        "GET /v3/role_assignments",
    ),
)
