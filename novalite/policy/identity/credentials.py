"""Credentials, which are secrets: services may not look at all of them."""

from novalite.policy.identity.base import ADMIN, OWNER, SYSTEM_READER, declare

_OWNER = f"{ADMIN} or user_id:%(target.credential.user_id)s"
_READER = f"{_OWNER} or {SYSTEM_READER}"
_EC2_OWNER = f"{ADMIN} or {OWNER}"
_EC2_READER = f"{_EC2_OWNER} or {SYSTEM_READER}"
_ONE = "/v3/credentials/{credential_id}"
_EC2 = "/v3/users/{user_id}/credentials/OS-EC2"
_KEYS = f"{_EC2}/{{credential_id}}"

RULES = declare(
    ("list_credentials", _READER, "List credentials", "GET /v3/credentials"),
    ("get_credential", _READER, "Show a credential", f"GET {_ONE}"),
    ("create_credential", _OWNER, "Create a credential", "POST /v3/credentials"),
    ("update_credential", _OWNER, "Update a credential", f"PATCH {_ONE}"),
    ("delete_credential", _OWNER, "Delete a credential", f"DELETE {_ONE}"),
    ("ec2_list_credentials", _EC2_READER, "List a user's EC2 credentials", f"GET {_EC2}"),
    ("ec2_get_credential", _EC2_READER, "Show EC2 credentials", f"GET {_KEYS}"),
    ("ec2_create_credential", _EC2_OWNER, "Create EC2 credentials", f"POST {_EC2}"),
    ("ec2_delete_credential", _EC2_OWNER, "Delete EC2 credentials", f"DELETE {_KEYS}"),
)
