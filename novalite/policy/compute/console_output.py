"""The console log of a server."""

from novalite.policy.rules import PROJECT_MEMBER_OR_ADMIN, rule

RULES = [
    rule(
        "os_compute_api:os-console-output",
        PROJECT_MEMBER_OR_ADMIN,
        "Tail of console log",
        ["POST /servers/{server_id}/action (os-getConsoleOutput)"],
    ),
]
