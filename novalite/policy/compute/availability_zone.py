"""Availability zones."""

from novalite.policy.rules import ADMIN, rule

RULES = [
    rule(
        "os_compute_api:os-availability-zone:list",
        "@",
        "List availability zones",
        ["GET /os-availability-zone"],
    ),
    rule(
        "os_compute_api:os-availability-zone:detail",
        ADMIN,
        "List zones with hosts and services",
        ["GET /os-availability-zone/detail"],
    ),
]
