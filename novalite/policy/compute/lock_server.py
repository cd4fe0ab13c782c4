"""Locks of servers."""

from novalite.policy.rules import ADMIN, PROJECT_MEMBER_OR_ADMIN, declare

_WHERE = "POST /servers/{server_id}/action"

RULES = declare(
    "os_compute_api:os-lock-server:",
    ("lock", PROJECT_MEMBER_OR_ADMIN, "Lock", f"{_WHERE} (lock)"),
    ("unlock", PROJECT_MEMBER_OR_ADMIN, "Unlock a server", f"{_WHERE} (unlock)"),
    (
        "unlock:unlock_override",
        ADMIN,
        "Unlock a server that an admin locked",
        f"{_WHERE} (unlock)",
    ),
)
