"""What servers do to volumes, and flags."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN, MEMBER

RULES = declare(
    "",
    (
        "volume_extension:volume_actions:attach",
        MEMBER,
        "Say that a server or a host has a volume",
        "POST /v3/volumes/{id}/action (os-attach)",
    ),
    (
        "volume_extension:volume_actions:detach",
        MEMBER,
        "Say that a server or a host has let go of a volume",
        "POST /v3/volumes/{id}/action (os-detach)",
    ),
    (
        "volume_extension:volume_actions:begin_detaching",
        MEMBER,
        "Mark a volume as being detached",
        "POST /v3/volumes/{id}/action (os-begin_detaching)",
    ),
    (
        "volume_extension:volume_actions:roll_detaching",
        MEMBER,
        "Mark a volume as not being detached",
        "POST /v3/volumes/{id}/action (os-roll_detaching)",
    ),
    (
        "volume_extension:volume_actions:reserve",
        MEMBER,
        "Reserve a volume",
        "POST /v3/volumes/{id}/action (os-reserve)",
    ),
    (
        "volume_extension:volume_actions:unreserve",
        MEMBER,
        "Free a reserved volume",
        "POST /v3/volumes/{id}/action (os-unreserve)",
    ),
    (
        "volume_extension:volume_actions:initialize_connection",
        MEMBER,
        "Ask how a host reaches a volume",
        "POST /v3/volumes/{id}/action (os-initialize_connection)",
    ),
    (
        "volume_extension:volume_actions:terminate_connection",
        MEMBER,
        "Say that a host needs a volume no more",
        "POST /v3/volumes/{id}/action (os-terminate_connection)",
    ),
    (
        "volume_extension:volume_actions:set_bootable",
        MEMBER,
        "Set a volume's bootable flag",
        "POST /v3/volumes/{id}/action (os-set_bootable)",
    ),
    (
        "volume_extension:volume_actions:upload_image",
        MEMBER,
        "Make an image of a volume",
        "POST /v3/volumes/{id}/action (os-volume_upload_image)",
    ),
    (
        "volume_extension:volume_admin_actions:reset_status",
        ADMIN,
        "Set a volume's status",
        "POST /v3/volumes/{id}/action (os-reset_status)",
    ),
    (
        "volume_extension:volume_admin_actions:force_delete",
        ADMIN,
        "Delete a volume whatever its state",
        "POST /v3/volumes/{id}/action (os-force_delete)",
    ),
    (
        "volume_extension:volume_admin_actions:force_detach",
        ADMIN,
        "Detach a volume whatever its state",
        "POST /v3/volumes/{id}/action (os-force_detach)",
    ),
    (
        "volume_extension:volume_admin_actions:migrate_volume",
        ADMIN,
        "Move a volume to another backend",
        "POST /v3/volumes/{id}/action (os-migrate_volume)",
    ),
)
