"""What only admins do to servers."""

from novalite.policy.rules import ADMIN, declare

RULES = declare(
    "os_compute_api:os-admin-actions:",
    (
        "reset_state",
        ADMIN,
        "Force vm state active/error",
        "POST /servers/{server_id}/action (os-resetState)",
    ),
)
