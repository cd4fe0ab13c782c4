"""What users are told of requests that failed later."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import MEMBER, READER

RULES = declare(
    "",
    (
        "message:get_all",
        READER,
        "List messages",
        "GET /v3/messages",
    ),
    (
        "message:get",
        READER,
        "Show a message",
        "GET /v3/messages/{id}",
    ),
    (
        "message:delete",
        MEMBER,
        "Delete a message",
        "DELETE /v3/messages/{id}",
    ),
)
