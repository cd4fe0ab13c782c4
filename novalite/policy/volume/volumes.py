"""Volumes, and what may be done to them."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN, MEMBER, READER

RULES = declare(
    "",
    (
        "volume:create",
        MEMBER,
        "Create a volume",
        "POST /v3/volumes",
    ),
    (
        "volume:get",
        READER,
        "Show a volume",
        "GET /v3/volumes/{id}",
    ),
    (
        "volume:get_all",
        READER,
        "List volumes, and summarise them",
        "GET /v3/volumes",
        "GET /v3/volumes/detail",
        "GET /v3/volumes/summary",
    ),
    (
        "volume:update",
        MEMBER,
        "Update a volume; its bootable flag",
        "PUT /v3/volumes/{id}",
    ),
    (
        "volume:delete",
        MEMBER,
        "Delete a volume",
        "DELETE /v3/volumes/{id}",
    ),
    (
        "volume:force_delete",
        ADMIN,
        "Delete a volume whatever its state",
        "DELETE /v3/volumes/{id}?force=True",
    ),
    (
        "volume_extension:volume_host_attribute",
        ADMIN,
        "See where a volume is, and what only administrators see of it",
        "GET /v3/volumes/{id}",
        "GET /v3/volumes/detail",
    ),
    (
        "volume:extend",
        MEMBER,
        "Extend a volume",
        "POST /v3/volumes/{id}/action (os-extend)",
    ),
    (
        "volume:update_readonly_flag",
        MEMBER,
        "Set a volume's readonly flag",
        "POST /v3/volumes/{id}/action (os-update_readonly_flag)",
    ),
    (
        "volume:retype",
        MEMBER,
        "Change a volume's type",
        "POST /v3/volumes/{id}/action (os-retype)",
    ),
    (
        "volume:revert_to_snapshot",
        MEMBER,
        "Revert a volume to its newest snapshot",
        "POST /v3/volumes/{id}/action (revert)",
    ),
    (
        "volume:reimage",
        MEMBER,
        "Write an image over a volume",
        "POST /v3/volumes/{id}/action (os-reimage)",
    ),
    (
        "volume_extension:volume_manage",
        ADMIN,
        "Take what a store has as a volume",
        "POST /v3/manageable_volumes",
    ),
    (
        "volume_extension:volume_unmanage",
        ADMIN,
        "Forget a volume and leave its data",
        "POST /v3/volumes/{id}/action (os-unmanage)",
    ),
    (
        "volume_extension:list_manageable",
        ADMIN,
        "List what could be taken as volumes",
        "GET /v3/manageable_volumes",
        "GET /v3/manageable_volumes/detail",
    ),
)
