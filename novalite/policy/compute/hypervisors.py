"""Hypervisors."""

from novalite.policy.rules import ADMIN, Deprecated, rule

RULES = [
    rule(
        "os_compute_api:os-hypervisors:list",
        ADMIN,
        "List hypervisors",
        ["GET /os-hypervisors"],
        deprecated=Deprecated("os_compute_api:os-hypervisors", "rule:admin_api"),
    ),
    rule(
        "os_compute_api:os-hypervisors:list-detail",
        ADMIN,
        "List hypervisors with details",
        ["GET /os-hypervisors/details"],
        deprecated=Deprecated("os_compute_api:os-hypervisors", "rule:admin_api"),
    ),
    rule(
        "os_compute_api:os-hypervisors:statistics",
        ADMIN,
        "Sum of resources over all hypervisors",
        ["GET /os-hypervisors/statistics"],
        deprecated=Deprecated("os_compute_api:os-hypervisors", "rule:admin_api"),
    ),
    rule(
        "os_compute_api:os-hypervisors:show",
        ADMIN,
        "Show hypervisor",
        ["GET /os-hypervisors/{hypervisor_id}"],
        deprecated=Deprecated("os_compute_api:os-hypervisors", "rule:admin_api"),
    ),
    rule(
        "os_compute_api:os-hypervisors:uptime",
        ADMIN,
        "Hypervisor uptime",
        ["GET /os-hypervisors/{hypervisor_id}/uptime"],
        deprecated=Deprecated("os_compute_api:os-hypervisors", "rule:admin_api"),
    ),
    rule(
        "os_compute_api:os-hypervisors:search",
        ADMIN,
        "Search hypervisors by hostname pattern",
        ["GET /os-hypervisors/{hypervisor_hostname_pattern}/search"],
        deprecated=Deprecated("os_compute_api:os-hypervisors", "rule:admin_api"),
    ),
    rule(
        "os_compute_api:os-hypervisors:servers",
        ADMIN,
        "Servers on matching hypervisors",
        ["GET /os-hypervisors/{hypervisor_hostname_pattern}/servers"],
        deprecated=Deprecated("os_compute_api:os-hypervisors", "rule:admin_api"),
    ),
]
