"""Regions: everybody with a token may look."""

from novalite.policy.identity.base import ADMIN, EVERYBODY, declare

RULES = declare(
    ("list_regions", EVERYBODY, "List regions", "GET /v3/regions"),
    ("get_region", EVERYBODY, "Show a region", "GET /v3/regions/{region_id}"),
    (
        "create_region",
        ADMIN,
        "Create a region",
        "POST /v3/regions",
        "PUT /v3/regions/{region_id}",
    ),
    ("update_region", ADMIN, "Update a region", "PATCH /v3/regions/{region_id}"),
    ("delete_region", ADMIN, "Delete a region", "DELETE /v3/regions/{region_id}"),
)
