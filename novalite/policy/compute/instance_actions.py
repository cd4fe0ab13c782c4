"""What was done to a server."""

from novalite.policy.rules import ADMIN, PROJECT_READER_OR_ADMIN, Deprecated, rule

RULES = [
    rule(
        "os_compute_api:os-instance-actions:events:details",
        ADMIN,
        'See event "details" (2.84+)',
        ["GET /servers/{server_id}/os-instance-actions/{request_id}"],
    ),
    rule(
        "os_compute_api:os-instance-actions:events",
        ADMIN,
        "See events before 2.51; traceback (2.51+) and host (2.62+)",
        ["GET /servers/{server_id}/os-instance-actions/{request_id}"],
    ),
    rule(
        "os_compute_api:os-instance-actions:list",
        PROJECT_READER_OR_ADMIN,
        "List actions performed on server",
        ["GET /servers/{server_id}/os-instance-actions"],
        deprecated=Deprecated("os_compute_api:os-instance-actions", "rule:admin_or_owner"),
    ),
    rule(
        "os_compute_api:os-instance-actions:show",
        PROJECT_READER_OR_ADMIN,
        "Show one action by request id",
        ["GET /servers/{server_id}/os-instance-actions/{request_id}"],
        deprecated=Deprecated("os_compute_api:os-instance-actions", "rule:admin_or_owner"),
    ),
]
