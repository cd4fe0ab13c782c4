"""What this service can do."""

from novalite.policy.image.base import ADMIN, declare

RULES = declare(
    ("stores_info_detail", ADMIN, "List stores in detail", "GET /v2/info/stores/detail"),
)
