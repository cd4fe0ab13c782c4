"""Live migrations of a server."""

from novalite.policy.rules import ADMIN, PROJECT_MANAGER_OR_ADMIN, Deprecated, rule

RULES = [
    rule(
        "os_compute_api:servers:migrations:show",
        ADMIN,
        "Show in-progress live migration",
        ["GET /servers/{server_id}/migrations/{migration_id}"],
    ),
    rule(
        "os_compute_api:servers:migrations:index",
        PROJECT_MANAGER_OR_ADMIN,
        "List in-progress live migrations, host fields hidden",
        ["GET /servers/{server_id}/migrations"],
    ),
    rule(
        "os_compute_api:servers:migrations:index:host",
        ADMIN,
        "See host fields of in-progress live migrations",
        ["GET /servers/{server_id}/migrations"],
        deprecated=Deprecated("os_compute_api:servers:migrations:index", "rule:context_is_admin"),
    ),
]
