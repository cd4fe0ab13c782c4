"""Server groups."""

from novalite.policy.rules import ADMIN, PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN, declare

RULES = declare(
    "os_compute_api:os-server-groups:",
    ("create", PROJECT_MEMBER_OR_ADMIN, "Create server group", "POST /os-server-groups"),
    (
        "delete",
        PROJECT_MEMBER_OR_ADMIN,
        "Delete server group",
        "DELETE /os-server-groups/{server_group_id}",
    ),
    ("index", PROJECT_READER_OR_ADMIN, "List own server groups", "GET /os-server-groups"),
    (
        "index:all_projects",
        ADMIN,
        "List server groups of all projects",
        "GET /os-server-groups",
    ),
    (
        "show",
        PROJECT_READER_OR_ADMIN,
        "Show server group",
        "GET /os-server-groups/{server_group_id}",
    ),
)
