"""Tokens, and what one may do with a token."""

from novalite.policy.identity.base import ADMIN, EVERYBODY, SYSTEM_READER, declare

_TOKENS = "/v3/auth/tokens"
_SUBJECT = f"{ADMIN} or rule:token_subject"
_SERVICE = f"{ADMIN} or rule:service_role"
_READER = f"{_SUBJECT} or rule:service_role or {SYSTEM_READER}"

RULES = declare(
    ("validate_token", _READER, "Validate a token", f"GET {_TOKENS}"),
    ("check_token", _READER, "Check a token", f"HEAD {_TOKENS}"),
    ("revoke_token", _SUBJECT, "Revoke a token", f"DELETE {_TOKENS}"),
    # Who has seen a signed request (it may be a URL that was passed on) gets no token by it.
    (
        "ec2tokens_validate",
        _SERVICE,
        "Create a token for a request that was signed with EC2 credentials",
        "POST /v3/ec2tokens",
    ),
    (
        "s3tokens_validate",
        _SERVICE,
        "Create a token for a signed S3 request",
        "POST /v3/s3tokens",
    ),
    ("get_auth_catalog", EVERYBODY, "Show the catalog", "GET /v3/auth/catalog"),
    ("get_auth_projects", EVERYBODY, "List projects to log in to", "GET /v3/auth/projects"),
    ("get_auth_domains", EVERYBODY, "List domains to log in to", "GET /v3/auth/domains"),
    ("get_auth_system", EVERYBODY, "List systems to log in to", "GET /v3/auth/system"),
)
