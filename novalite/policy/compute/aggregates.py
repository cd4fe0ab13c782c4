"""Host aggregates."""

from novalite.policy.rules import ADMIN, declare

_ALL = "/os-aggregates"
_ONE = "/os-aggregates/{aggregate_id}"

RULES = [
    *declare(
        "os_compute_api:os-aggregates:",
        (
            "set_metadata",
            ADMIN,
            "Set an aggregate's metadata",
            f"POST {_ONE}/action (set_metadata)",
        ),
        ("add_host", ADMIN, "Add host to aggregate", f"POST {_ONE}/action (add_host)"),
        ("create", ADMIN, "Create host aggregate", f"POST {_ALL}"),
        ("remove_host", ADMIN, "Remove host from aggregate", f"POST {_ONE}/action (remove_host)"),
        ("update", ADMIN, "Update aggregate name and zone", f"PUT {_ONE}"),
        ("index", ADMIN, "List host aggregates", f"GET {_ALL}"),
        ("delete", ADMIN, "Delete host aggregate", f"DELETE {_ONE}"),
        ("show", ADMIN, "Show host aggregate", f"GET {_ONE}"),
    ),
    *declare(
        "compute:aggregates:",
        ("images", ADMIN, "Have an aggregate's hosts cache images", f"POST {_ONE}/images"),
    ),
]
