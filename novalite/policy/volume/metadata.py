"""Metadata of volumes and snapshots."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import MEMBER, READER

RULES = declare(
    "",
    (
        "volume:get_volume_metadata",
        READER,
        "Show the metadata of a volume",
        "GET /v3/volumes/{id}/metadata",
        "GET /v3/volumes/{id}/metadata/{key}",
    ),
    (
        "volume:update_volume_metadata",
        MEMBER,
        "Set the metadata of a volume",
        "POST /v3/volumes/{id}/metadata",
        "PUT /v3/volumes/{id}/metadata",
        "PUT /v3/volumes/{id}/metadata/{key}",
    ),
    (
        "volume:delete_volume_metadata",
        MEMBER,
        "Delete a key of the metadata of a volume",
        "DELETE /v3/volumes/{id}/metadata/{key}",
    ),
    (
        "volume:get_snapshot_metadata",
        READER,
        "Show the metadata of a snapshot",
        "GET /v3/snapshots/{id}/metadata",
        "GET /v3/snapshots/{id}/metadata/{key}",
    ),
    (
        "volume:update_snapshot_metadata",
        MEMBER,
        "Set the metadata of a snapshot",
        "POST /v3/snapshots/{id}/metadata",
        "PUT /v3/snapshots/{id}/metadata",
        "PUT /v3/snapshots/{id}/metadata/{key}",
    ),
    (
        "volume:delete_snapshot_metadata",
        MEMBER,
        "Delete a key of the metadata of a snapshot",
        "DELETE /v3/snapshots/{id}/metadata/{key}",
    ),
    (
        "volume_extension:volume_image_metadata:show",
        READER,
        "Show what a volume keeps of its image",
        "POST /v3/volumes/{id}/action (os-show_image_metadata)",
    ),
    (
        "volume_extension:volume_image_metadata:set",
        MEMBER,
        "Set what a volume keeps of its image",
        "POST /v3/volumes/{id}/action (os-set_image_metadata)",
    ),
    (
        "volume_extension:volume_image_metadata:remove",
        MEMBER,
        "Remove what a volume keeps of its image",
        "POST /v3/volumes/{id}/action (os-unset_image_metadata)",
    ),
)
