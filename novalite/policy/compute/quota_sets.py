"""Quotas of projects and users."""

from novalite.policy.rules import ADMIN, PROJECT_READER_OR_ADMIN, declare

RULES = declare(
    "os_compute_api:os-quota-sets:",
    ("update", ADMIN, "Update project (or user) quotas", "PUT /os-quota-sets/{tenant_id}"),
    ("defaults", "@", "Show default quotas", "GET /os-quota-sets/{tenant_id}/defaults"),
    (
        "show",
        PROJECT_READER_OR_ADMIN,
        "Show project (or user) quotas",
        "GET /os-quota-sets/{tenant_id}",
    ),
    ("delete", ADMIN, "Revert quotas to defaults", "DELETE /os-quota-sets/{tenant_id}"),
    (
        "detail",
        PROJECT_READER_OR_ADMIN,
        "Show quotas with usage",
        "GET /os-quota-sets/{tenant_id}/detail",
    ),
)
