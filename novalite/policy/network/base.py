"""What the network service's rules are made of."""

from novalite.policy.rules import rule

ADMIN = "rule:admin_only"
MEMBER = "rule:admin_only or rule:project_member_api"
READER = "rule:admin_only or rule:project_reader_api"
NETWORK_OWNER = "rule:admin_or_network_owner"
MEMBER_OR_NETWORK_OWNER = "rule:admin_only or rule:project_member_api or rule:network_owner"
READER_OR_NETWORK_OWNER = "rule:admin_only or rule:project_reader_api or rule:network_reader"
ANYBODY = ""

RULES = [
    rule(
        "admin_only",
        "rule:service_or_admin",
        "Administrators, and other services: all of the network API",
        scopes=None,
    ),
    rule(
        "network_owner",
        "role:member and project_id:%(network:project_id)s",
        "Member role in the project that owns the network of a port or subnet",
        scopes=None,
    ),
    rule(
        "network_reader",
        "role:reader and project_id:%(network:project_id)s",
        "Reader role in the project that owns the network of a port",
        scopes=None,
    ),
    rule(
        "admin_or_network_owner",
        "rule:admin_only or rule:network_owner",
        "Who may have ports on a network that is not shared, and addresses of its choice on it",
        scopes=None,
    ),
    rule(
        "restrict_wildcard",
        "rule:admin_only or not '*':%(target_tenant)s",
        "Who may let all projects use something",
        scopes=None,
    ),
]
