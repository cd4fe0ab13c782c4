"""Groups of volumes, and their snapshots."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN, MEMBER, READER

RULES = declare(
    "",
    (
        "group:get_all",
        READER,
        "List groups",
        "GET /v3/groups",
        "GET /v3/groups/detail",
    ),
    (
        "group:get",
        READER,
        "Show a group",
        "GET /v3/groups/{id}",
    ),
    (
        "group:create",
        MEMBER,
        "Create a group, also from another one or its snapshot",
        "POST /v3/groups",
        "POST /v3/groups/action (create-from-src)",
    ),
    (
        "group:update",
        MEMBER,
        "Update a group",
        "PUT /v3/groups/{id}",
    ),
    (
        "group:delete",
        MEMBER,
        "Delete a group",
        "POST /v3/groups/{id}/action (delete)",
    ),
    (
        "group:reset_group_status",
        ADMIN,
        "Set a group's status",
        "POST /v3/groups/{id}/action (reset_status)",
    ),
    (
        "group:get_all_group_snapshots",
        READER,
        "List snapshots of groups",
        "GET /v3/group_snapshots",
        "GET /v3/group_snapshots/detail",
    ),
    (
        "group:get_group_snapshot",
        READER,
        "Show a snapshot of a group",
        "GET /v3/group_snapshots/{id}",
    ),
    (
        "group:create_group_snapshot",
        MEMBER,
        "Create a snapshot of a group",
        "POST /v3/group_snapshots",
    ),
    (
        "group:delete_group_snapshot",
        MEMBER,
        "Delete a snapshot of a group",
        "DELETE /v3/group_snapshots/{id}",
    ),
    (
        "group:reset_group_snapshot_status",
        ADMIN,
        "Set the status of a snapshot of a group",
        "POST /v3/group_snapshots/{id}/action (reset_status)",
    ),
)
