"""Services of the cloud."""

from novalite.policy.rules import ADMIN, Deprecated, rule

RULES = [
    rule(
        "os_compute_api:os-services:list",
        ADMIN,
        "List services",
        ["GET /os-services"],
        deprecated=Deprecated("os_compute_api:os-services", "rule:admin_api"),
    ),
    rule(
        "os_compute_api:os-services:update",
        ADMIN,
        "Update service (from 2.53 by uuid; before: enable, disable, force-down...)",
        ["PUT /os-services/{service_id}"],
        deprecated=Deprecated("os_compute_api:os-services", "rule:admin_api"),
    ),
    rule(
        "os_compute_api:os-services:delete",
        ADMIN,
        "Delete service",
        ["DELETE /os-services/{service_id}"],
        deprecated=Deprecated("os_compute_api:os-services", "rule:admin_api"),
    ),
]
