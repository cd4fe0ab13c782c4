"""Where an image's data are. URLs may tell secrets."""

from novalite.policy.image.base import ADMIN, MEMBER, READER, declare
from novalite.policy.rules import SERVICE_OR_ADMIN

_ONE = "/v2/images/{image_id}"

RULES = declare(
    (
        "get_image_location",
        READER,
        "See an image's locations in its description, where they are configured to be there",
        "GET /v2/images",
        f"GET {_ONE}",
    ),
    ("set_image_location", MEMBER, "Add a location by an update of the image", f"PATCH {_ONE}"),
    (
        "delete_image_location",
        ADMIN,
        "Remove a location, or an image from a store",
        f"PATCH {_ONE}",
        "DELETE /v2/stores/{store_id}/{image_id}",
    ),
    ("add_image_location", MEMBER, "Add a location to an image", f"POST {_ONE}/locations"),
    (
        "fetch_image_location",
        SERVICE_OR_ADMIN,
        "List an image's locations",
        f"GET {_ONE}/locations",
    ),
)
