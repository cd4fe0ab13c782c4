"""OAuth consumers and access tokens."""

from novalite.policy.identity.base import (
    ADMIN,
    EVERYBODY,
    OWNER,
    READER,
    declare,
    operations_of,
)

_READER = f"{READER} or {OWNER}"
_MANY = "/v3/users/{user_id}/OS-OAUTH1/access_tokens"
_ONE = f"{_MANY}/{{access_token_id}}"

RULES = [
    *operations_of("consumer", "consumers", "OS-OAUTH1/consumers"),
    *declare(
        (
            "authorize_request_token",
            EVERYBODY,
            "Authorize a request token, with roles that one has oneself",
            "PUT /v3/OS-OAUTH1/authorize/{request_token_id}",
        ),
        ("list_access_tokens", _READER, "List a user's access tokens", f"GET {_MANY}"),
        ("get_access_token", _READER, "Show an access token", f"GET {_ONE}"),
        ("delete_access_token", f"{ADMIN} or {OWNER}", "Delete an access token", f"DELETE {_ONE}"),
        ("list_access_token_roles", _READER, "List an access token's roles", f"GET {_ONE}/roles"),
        (
            "get_access_token_role",
            _READER,
            "Show an access token's role",
            f"GET {_ONE}/roles/{{role_id}}",
        ),
    ),
]
