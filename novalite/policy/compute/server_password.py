"""Encrypted passwords of guests."""

from novalite.policy.rules import (
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    Deprecated,
    rule,
)

_PATH = "/servers/{server_id}/os-server-password"
_BEFORE = Deprecated("os_compute_api:os-server-password", "rule:admin_or_owner")

RULES = [
    rule(
        "os_compute_api:os-server-password:show",
        PROJECT_READER_OR_ADMIN,
        "Show encrypted admin password",
        [f"GET {_PATH}"],
        deprecated=_BEFORE,
    ),
    rule(
        "os_compute_api:os-server-password:clear",
        PROJECT_MEMBER_OR_ADMIN,
        "Clear stored admin password",
        [f"DELETE {_PATH}"],
        deprecated=_BEFORE,
    ),
]
