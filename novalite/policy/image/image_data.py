"""Data of images."""

from novalite.policy.image.base import MEMBER, MEMBER_WHO_SEES, declare

_FILE = "/v2/images/{image_id}/file"

RULES = declare(
    ("download_image", MEMBER_WHO_SEES, "Download an image's data", f"GET {_FILE}"),
    ("upload_image", MEMBER, "Upload an image's data", f"PUT {_FILE}"),
)
