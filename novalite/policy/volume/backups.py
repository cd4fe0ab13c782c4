"""Backups."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN, MEMBER, READER

RULES = declare(
    "",
    (
        "backup:get_all",
        READER,
        "List backups",
        "GET /v3/backups",
        "GET /v3/backups/detail",
    ),
    (
        "backup:get",
        READER,
        "Show a backup",
        "GET /v3/backups/{id}",
    ),
    (
        "backup:create",
        MEMBER,
        "Create a backup",
        "POST /v3/backups",
    ),
    (
        "backup:update",
        MEMBER,
        "Update a backup",
        "PUT /v3/backups/{id}",
    ),
    (
        "backup:restore",
        MEMBER,
        "Restore a backup",
        "POST /v3/backups/{id}/restore",
    ),
    (
        "backup:delete",
        MEMBER,
        "Delete a backup",
        "DELETE /v3/backups/{id}",
    ),
    (
        "backup:export-import",
        ADMIN,
        "Export the record of a backup",
        "GET /v3/backups/{id}/export_record",
    ),
    (
        "backup:backup-import",
        ADMIN,
        "Import the record of a backup",
        "POST /v3/backups/import_record",
    ),
    (
        "volume_extension:backup_admin_actions:reset_status",
        ADMIN,
        "Set a backup's status",
        "POST /v3/backups/{id}/action (os-reset_status)",
    ),
    (
        "volume_extension:backup_admin_actions:force_delete",
        ADMIN,
        "Delete a backup whatever its state",
        "POST /v3/backups/{id}/action (os-force_delete)",
    ),
)
