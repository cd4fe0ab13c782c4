"""Audits of usage."""

from novalite.policy.rules import ADMIN, Deprecated, rule

_BEFORE = Deprecated("os_compute_api:os-instance-usage-audit-log", "rule:admin_api")

RULES = [
    rule(
        "os_compute_api:os-instance-usage-audit-log:list",
        ADMIN,
        "Usage-audit runs up to now",
        ["GET /os-instance_usage_audit_log"],
        deprecated=_BEFORE,
    ),
    rule(
        "os_compute_api:os-instance-usage-audit-log:show",
        ADMIN,
        "Usage-audit runs before a timestamp",
        ["GET /os-instance_usage_audit_log/{before_timestamp}"],
        deprecated=_BEFORE,
    ),
]
