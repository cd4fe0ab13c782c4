"""Volumes that change hands."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import MEMBER, READER

RULES = declare(
    "",
    (
        "volume:get_all_transfers",
        READER,
        "List transfers",
        "GET /v3/volume-transfers",
        "GET /v3/volume-transfers/detail",
    ),
    (
        "volume:get_transfer",
        READER,
        "Show a transfer",
        "GET /v3/volume-transfers/{id}",
    ),
    (
        "volume:create_transfer",
        MEMBER,
        "Offer a volume",
        "POST /v3/volume-transfers",
    ),
    (
        "volume:accept_transfer",
        MEMBER,
        "Accept a volume",
        "POST /v3/volume-transfers/{id}/accept",
    ),
    (
        "volume:delete_transfer",
        MEMBER,
        "Take an offer back",
        "DELETE /v3/volume-transfers/{id}",
    ),
)
