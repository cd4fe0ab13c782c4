"""Trusts."""

from novalite.policy.identity.base import ADMIN, READER, declare

_TRUSTOR = "user_id:%(target.trust.trustor_user_id)s"
_TRUSTEE = "user_id:%(target.trust.trustee_user_id)s"
_READER = f"{READER} or {_TRUSTOR} or {_TRUSTEE}"
_MANY = "/v3/OS-TRUST/trusts"
_ONE = f"{_MANY}/{{trust_id}}"

RULES = declare(
    ("list_trusts", READER, "List trusts", f"GET {_MANY}"),
    (
        "list_trusts_for_trustor",
        f"{READER} or {_TRUSTOR}",
        "List the trusts of one trustor",
        f"GET {_MANY}",
    ),
    (
        "list_trusts_for_trustee",
        f"{READER} or {_TRUSTEE}",
        "List the trusts of one trustee",
        f"GET {_MANY}",
    ),
    ("get_trust", _READER, "Show a trust", f"GET {_ONE}"),
    ("create_trust", _TRUSTOR, "Create a trust", f"POST {_MANY}"),
    ("delete_trust", f"{ADMIN} or {_TRUSTOR}", "Delete a trust", f"DELETE {_ONE}"),
    ("list_roles_for_trust", _READER, "List a trust's roles", f"GET {_ONE}/roles"),
    ("get_role_for_trust", _READER, "Show a trust's role", f"GET {_ONE}/roles/{{role_id}}"),
)
