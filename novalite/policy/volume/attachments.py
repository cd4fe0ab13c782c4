"""Attachments. Only a service frees those that a server uses."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import MEMBER, READER

RULES = declare(
    "",
    (
        "volume:attachment_get_all",
        READER,
        "List attachments",
        "GET /v3/attachments",
        "GET /v3/attachments/detail",
    ),
    (
        "volume:attachment_get",
        READER,
        "Show an attachment",
        "GET /v3/attachments/{id}",
    ),
    (
        "volume:attachment_create",
        MEMBER,
        "Reserve a volume",
        "POST /v3/attachments",
    ),
    (
        "volume:attachment_update",
        MEMBER,
        "Export a volume to a host",
        "PUT /v3/attachments/{id}",
    ),
    (
        "volume:attachment_complete",
        MEMBER,
        "Say that a server has a volume",
        "POST /v3/attachments/{id}/action (os-complete)",
    ),
    (
        "volume:attachment_delete",
        MEMBER,
        "Free a volume",
        "DELETE /v3/attachments/{id}",
    ),
)
