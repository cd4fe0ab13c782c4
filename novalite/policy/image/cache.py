"""The cache of images."""

from novalite.policy.image.base import ADMIN, declare

RULES = declare(
    ("cache_list", ADMIN, "List the cache", "GET /v2/cache"),
    ("cache_image", ADMIN, "Queue an image for the cache", "PUT /v2/cache/{image_id}"),
    (
        "cache_delete",
        ADMIN,
        "Delete an image from the cache, or all",
        "DELETE /v2/cache",
        "DELETE /v2/cache/{image_id}",
    ),
)
