"""The user's keys and values of servers."""

from novalite.policy.rules import PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN, declare

_ALL = "/servers/{server_id}/metadata"
_ONE = f"{_ALL}/{{key}}"

RULES = declare(
    "os_compute_api:server-metadata:",
    ("index", PROJECT_READER_OR_ADMIN, "List server metadata", f"GET {_ALL}"),
    ("show", PROJECT_READER_OR_ADMIN, "Show metadata item", f"GET {_ONE}"),
    ("create", PROJECT_MEMBER_OR_ADMIN, "Merge server metadata", f"POST {_ALL}"),
    ("update_all", PROJECT_MEMBER_OR_ADMIN, "Replace server metadata", f"PUT {_ALL}"),
    ("update", PROJECT_MEMBER_OR_ADMIN, "Set metadata item", f"PUT {_ONE}"),
    ("delete", PROJECT_MEMBER_OR_ADMIN, "Delete metadata item", f"DELETE {_ONE}"),
)
