"""Snapshots."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN, MEMBER, READER

RULES = declare(
    "",
    (
        "volume:get_all_snapshots",
        READER,
        "List snapshots",
        "GET /v3/snapshots",
        "GET /v3/snapshots/detail",
    ),
    (
        "volume:get_snapshot",
        READER,
        "Show a snapshot",
        "GET /v3/snapshots/{id}",
    ),
    (
        "volume:create_snapshot",
        MEMBER,
        "Create a snapshot",
        "POST /v3/snapshots",
    ),
    (
        "volume:update_snapshot",
        MEMBER,
        "Update a snapshot",
        "PUT /v3/snapshots/{id}",
    ),
    (
        "volume:delete_snapshot",
        MEMBER,
        "Delete a snapshot",
        "DELETE /v3/snapshots/{id}",
    ),
    (
        "volume_extension:snapshot_admin_actions:reset_status",
        ADMIN,
        "Set a snapshot's status",
        "POST /v3/snapshots/{id}/action (os-reset_status)",
    ),
    (
        "volume_extension:snapshot_admin_actions:force_delete",
        ADMIN,
        "Delete a snapshot whatever its state",
        "POST /v3/snapshots/{id}/action (os-force_delete)",
    ),
    (
        "snapshot_extension:snapshot_actions:update_snapshot_status",
        MEMBER,
        "Say how far a snapshot is",
        "POST /v3/snapshots/{id}/action (os-update_snapshot_status)",
    ),
)
