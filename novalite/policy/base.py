"""Rules that the others are made of."""

from novalite.policy.rules import Deprecated, rule

RULES = [
    rule(
        "context_is_admin",
        "role:admin",
        "What makes a request an admin request",
        deprecated=Deprecated("rule:admin_api", "is_admin:True"),
        scopes=None,
    ),
    rule(
        "admin_or_owner",
        "is_admin:True or project_id:%(project_id)s",
        "Admin or same project",
        for_removal=True,
        scopes=None,
    ),
    rule(
        "admin_api",
        "is_admin:True",
        "Admin only",
        for_removal=True,
        scopes=None,
    ),
    rule(
        "project_manager_api",
        "role:manager and project_id:%(project_id)s",
        "Manager role in the target project",
        deprecated=Deprecated("rule:admin_api", "is_admin:True"),
        scopes=None,
    ),
    rule(
        "project_member_api",
        "role:member and project_id:%(project_id)s",
        "Member role in the target project",
        deprecated=Deprecated("rule:admin_or_owner", "is_admin:True or project_id:%(project_id)s"),
        scopes=None,
    ),
    rule(
        "project_reader_api",
        "role:reader and project_id:%(project_id)s",
        "Reader role in the target project",
        deprecated=Deprecated("rule:admin_or_owner", "is_admin:True or project_id:%(project_id)s"),
        scopes=None,
    ),
    rule(
        "service_api",
        "role:service",
        "Service role (service-to-service)",
        deprecated=Deprecated("rule:admin_api", "is_admin:True"),
        scopes=None,
    ),
    rule(
        "project_manager_or_admin",
        "rule:project_manager_api or rule:context_is_admin",
        "Project manager or admin",
        deprecated=Deprecated("rule:admin_api", "is_admin:True"),
        scopes=None,
    ),
    rule(
        "project_member_or_admin",
        "rule:project_member_api or rule:context_is_admin",
        "Project member or admin",
        deprecated=Deprecated("rule:admin_or_owner", "is_admin:True or project_id:%(project_id)s"),
        scopes=None,
    ),
    rule(
        "project_reader_or_admin",
        "rule:project_reader_api or rule:context_is_admin",
        "Project reader or admin",
        deprecated=Deprecated("rule:admin_or_owner", "is_admin:True or project_id:%(project_id)s"),
        scopes=None,
    ),
    rule(
        "service_or_admin",
        "rule:service_api or rule:context_is_admin",
        "Service role or admin",
        deprecated=Deprecated("rule:admin_api", "is_admin:True"),
        scopes=None,
    ),
]
