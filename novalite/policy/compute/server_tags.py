"""Tags of servers."""

from novalite.policy.rules import PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN, declare

_ALL = "/servers/{server_id}/tags"
_ONE = f"{_ALL}/{{tag}}"

RULES = declare(
    "os_compute_api:os-server-tags:",
    ("delete_all", PROJECT_MEMBER_OR_ADMIN, "Remove all tags", f"DELETE {_ALL}"),
    ("index", PROJECT_READER_OR_ADMIN, "List server tags", f"GET {_ALL}"),
    ("update_all", PROJECT_MEMBER_OR_ADMIN, "Replace server tags", f"PUT {_ALL}"),
    ("delete", PROJECT_MEMBER_OR_ADMIN, "Remove a tag", f"DELETE {_ONE}"),
    ("update", PROJECT_MEMBER_OR_ADMIN, "Add a tag", f"PUT {_ONE}"),
    ("show", PROJECT_READER_OR_ADMIN, "Check a tag exists", f"GET {_ONE}"),
)
