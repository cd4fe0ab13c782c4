"""Usage of projects."""

from novalite.policy.rules import ADMIN, PROJECT_READER_OR_ADMIN, declare

RULES = declare(
    "os_compute_api:os-simple-tenant-usage:",
    (
        "show",
        PROJECT_READER_OR_ADMIN,
        "Usage of one project",
        "GET /os-simple-tenant-usage/{tenant_id}",
    ),
    ("list", ADMIN, "Usage of all projects", "GET /os-simple-tenant-usage"),
)
