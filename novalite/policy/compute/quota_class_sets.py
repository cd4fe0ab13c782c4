"""Quota classes."""

from novalite.policy.rules import ADMIN, declare

RULES = declare(
    "os_compute_api:os-quota-class-sets:",
    ("show", ADMIN, "Show quota class", "GET /os-quota-class-sets/{quota_class}"),
    ("update", ADMIN, "Update quota class", "PUT /os-quota-class-sets/{quota_class}"),
)
