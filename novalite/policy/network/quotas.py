"""How much a project may have."""

from novalite.policy.network.base import ADMIN, READER
from novalite.policy.network.resource import ROOT
from novalite.policy.rules import rule

_ONE = f"{ROOT}/quotas/{{project_id}}"

RULES = [
    rule(
        "get_quota",
        READER,
        "Show a project's quota; list those of all where it holds for any project",
        [f"GET {ROOT}/quotas", f"GET {_ONE}", f"GET {_ONE}/details", f"GET {_ONE}/default"],
    ),
    rule("update_quota", ADMIN, "Set a project's quota", [f"PUT {_ONE}"]),
    rule("delete_quota", ADMIN, "Set a project's quota back to the default", [f"DELETE {_ONE}"]),
]
