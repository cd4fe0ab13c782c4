"""Moves of servers."""

from novalite.policy.rules import ADMIN, PROJECT_MANAGER_OR_ADMIN, Deprecated, rule

_BEFORE = Deprecated("os_compute_api:os-migrations:index", "rule:context_is_admin")

RULES = [
    rule(
        "os_compute_api:os-migrations:index",
        PROJECT_MANAGER_OR_ADMIN,
        "List own-project migrations, host fields hidden",
        ["GET /os-migrations"],
    ),
    rule(
        "os_compute_api:os-migrations:index:all_projects",
        ADMIN,
        "List migrations of all/other projects",
        ["GET /os-migrations"],
        deprecated=_BEFORE,
    ),
    rule(
        "os_compute_api:os-migrations:index:host",
        ADMIN,
        "See host fields of migrations",
        ["GET /os-migrations"],
        deprecated=_BEFORE,
    ),
]
