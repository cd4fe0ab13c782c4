"""Addresses of a server."""

from novalite.policy.rules import PROJECT_READER_OR_ADMIN, rule

RULES = [
    rule(
        "os_compute_api:ips:show",
        PROJECT_READER_OR_ADMIN,
        "Server addresses on one network label",
        ["GET /servers/{server_id}/ips/{network_label}"],
    ),
    rule(
        "os_compute_api:ips:index",
        PROJECT_READER_OR_ADMIN,
        "Server addresses by network",
        ["GET /servers/{server_id}/ips"],
    ),
]
