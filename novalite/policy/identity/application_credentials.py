"""Application credentials and their access rules."""

from novalite.policy.identity.base import ADMIN, OWNER, READER, declare

_READER = f"{READER} or {OWNER}"
_OWNER = f"{ADMIN} or {OWNER}"
_MANY = "/v3/users/{user_id}/application_credentials"
_ONE = f"{_MANY}/{{application_credential_id}}"
_RULES = "/v3/users/{user_id}/access_rules"
_RULE = f"{_RULES}/{{access_rule_id}}"

RULES = declare(
    (
        "list_application_credentials",
        _READER,
        "List a user's application credentials",
        f"GET {_MANY}",
    ),
    ("get_application_credential", _READER, "Show an application credential", f"GET {_ONE}"),
    ("create_application_credential", OWNER, "Create an application credential", f"POST {_MANY}"),
    ("delete_application_credential", _OWNER, "Delete an application credential", f"DELETE {_ONE}"),
    ("list_access_rules", _READER, "List a user's access rules", f"GET {_RULES}"),
    ("get_access_rule", _READER, "Show an access rule", f"GET {_RULE}"),
    ("delete_access_rule", _OWNER, "Delete an access rule", f"DELETE {_RULE}"),
)
