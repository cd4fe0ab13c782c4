"""The tables of the embedded identity service.

``tokens_valid_after``, ``expires_at`` and the like are microseconds since 1970-01-01 UTC: tokens
carry such numbers, and integers keep their precision in every database. ``extra`` holds what a
client stored beside the attributes that identity v3 names, ``options`` its resource options.
"""

from novalite.identity.embedded.tables.accounts import (
    domain_configs,
    domains,
    groups,
    memberships,
    project_tags,
    projects,
    users,
)
from novalite.identity.embedded.tables.catalog import (
    endpoint_groups,
    endpoints,
    project_endpoint_groups,
    project_endpoints,
    regions,
    services,
)
from novalite.identity.embedded.tables.credentials import (
    access_rules,
    application_credential_access_rules,
    application_credential_roles,
    application_credentials,
    credentials,
)
from novalite.identity.embedded.tables.limits import limits, registered_limits
from novalite.identity.embedded.tables.oauth import (
    oauth_access_tokens,
    oauth_consumers,
    oauth_request_tokens,
)
from novalite.identity.embedded.tables.policies import policies
from novalite.identity.embedded.tables.roles import grants, implied_roles, roles
from novalite.identity.embedded.tables.tokens import revocations
from novalite.identity.embedded.tables.trusts import trust_roles, trusts

__all__ = [
    "access_rules",
    "application_credential_access_rules",
    "application_credential_roles",
    "application_credentials",
    "credentials",
    "domain_configs",
    "domains",
    "endpoint_groups",
    "endpoints",
    "grants",
    "groups",
    "implied_roles",
    "limits",
    "memberships",
    "oauth_access_tokens",
    "oauth_consumers",
    "oauth_request_tokens",
    "policies",
    "project_endpoint_groups",
    "project_endpoints",
    "project_tags",
    "projects",
    "regions",
    "registered_limits",
    "revocations",
    "roles",
    "services",
    "trust_roles",
    "trusts",
    "users",
]
