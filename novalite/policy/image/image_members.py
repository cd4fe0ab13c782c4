"""Projects that images are shared with."""

from novalite.policy.image.base import ADMIN, MEMBER, declare

_OF_BOTH = "project_id:%(project_id)s or project_id:%(member_id)s"
_READER = f"{ADMIN} or (role:reader and ({_OF_BOTH}))"
_MANY = "/v2/images/{image_id}/members"
_ONE = f"{_MANY}/{{member_id}}"

RULES = declare(
    ("get_members", _READER, "List an image's members; a member sees itself", f"GET {_MANY}"),
    ("get_member", _READER, "Show an image's member", f"GET {_ONE}"),
    ("add_member", MEMBER, "Share an image", f"POST {_MANY}"),
    (
        "modify_member",
        f"{ADMIN} or (role:member and project_id:%(member_id)s)",
        "Accept or reject an image; not the owner for the member",
        f"PUT {_ONE}",
    ),
    ("delete_member", MEMBER, "Share an image no longer", f"DELETE {_ONE}"),
)
