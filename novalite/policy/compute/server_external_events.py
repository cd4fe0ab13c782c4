"""What other services tell of servers."""

from novalite.policy.rules import SERVICE_OR_ADMIN, rule

RULES = [
    rule(
        "os_compute_api:os-server-external-events:create",
        SERVICE_OR_ADMIN,
        "Deliver events from other services",
        ["POST /os-server-external-events"],
    ),
]
