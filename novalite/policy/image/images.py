"""Images."""

from novalite.policy.image.base import ADMIN, MEMBER, READER, READER_WHO_SEES, declare

_MANY = "/v2/images"
_ONE = f"{_MANY}/{{image_id}}"
_TAG = f"{_ONE}/tags/{{tag}}"

RULES = declare(
    ("get_images", READER, "List images", f"GET {_MANY}"),
    (
        "get_image",
        READER_WHO_SEES,
        "Show an image and its tasks",
        f"GET {_ONE}",
        f"GET {_ONE}/tasks",
    ),
    (
        "add_image",
        f"{ADMIN} or (role:member and project_id:%(project_id)s and project_id:%(owner)s)",
        "Create an image",
        f"POST {_MANY}",
    ),
    (
        "modify_image",
        MEMBER,
        "Update an image, stage data for it, import them",
        f"PATCH {_ONE}",
        f"PUT {_TAG}",
        f"DELETE {_TAG}",
        f"PUT {_ONE}/stage",
        f"POST {_ONE}/import",
    ),
    ("delete_image", MEMBER, "Delete an image", f"DELETE {_ONE}"),
    (
        "publicize_image",
        ADMIN,
        "Put an image before everybody's eyes",
        f"POST {_MANY}",
        f"PATCH {_ONE}",
    ),
    (
        "communitize_image",
        MEMBER,
        "Let everybody use an image who knows it",
        f"POST {_MANY}",
        f"PATCH {_ONE}",
    ),
    ("deactivate", MEMBER, "Deactivate an image", f"POST {_ONE}/actions/deactivate"),
    ("reactivate", MEMBER, "Reactivate an image", f"POST {_ONE}/actions/reactivate"),
    ("copy_image", ADMIN, "Copy an image to other stores", f"POST {_ONE}/import"),
)
