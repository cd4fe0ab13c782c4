"""Limits and their use."""

from novalite.policy.rules import ADMIN, Deprecated, rule

RULES = [
    rule(
        "os_compute_api:limits",
        "@",
        "Show own limits",
        ["GET /limits"],
    ),
    rule(
        "os_compute_api:limits:other_project",
        ADMIN,
        "Show limits of another project (tenant_id query)",
        ["GET /limits"],
        deprecated=Deprecated("os_compute_api:os-used-limits", "rule:admin_api"),
    ),
]
