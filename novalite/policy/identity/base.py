"""What the identity rules are made of.

Targets have the real service's names, so that its policy files mean the same here:
``target.user.domain_id``, ``target.project.id``..., and ``user_id`` of who owns what is asked for.
"""

from collections.abc import Sequence

from oslo_policy import policy

from novalite.policy import rules

ADMIN = "rule:admin_required"
READER = "rule:cloud_reader"
EVERYBODY = ""
OWNER = "user_id:%(user_id)s"
SYSTEM_READER = "(role:reader and system_scope:all)"
_SCOPES = ("system", "domain", "project")


def domain_reader(*of: str) -> str:
    """Who may read all, and readers of the domain that each of ``target.{of}`` names."""
    return f"{READER} or {_in_domain('reader', of)}"


def domain_manager(*of: str) -> str:
    """Admins, and managers of the domain that each of ``target.{of}`` names."""
    return f"{ADMIN} or {_in_domain('manager', of)}"


def _in_domain(role: str, of: Sequence[str]) -> str:
    conditions = [f"role:{role}", *(f"domain_id:%(target.{each})s" for each in of)]
    return f"({' and '.join(conditions)})"


def declare(*rows: tuple[str, ...]) -> list[policy.RuleDefault]:
    """As ``novalite.policy.rules.declare``, for tokens of every scope."""
    return rules.declare("identity:", *rows, scopes=_SCOPES)


def operations_of(
    noun: str, plural: str, path: str, read: str = READER
) -> list[policy.RuleDefault]:
    """The five rules of a resource that only admins change. ``path`` is below /v3."""
    many = f"/v3/{path}"
    one = f"{many}/{{{noun}_id}}"
    article = "an" if noun[0] in "aeio" else "a"
    words = f"{article} {noun}".replace("_", " ")
    return declare(
        (f"list_{plural}", read, f"List {plural}".replace("_", " "), f"GET {many}"),
        (f"get_{noun}", read, f"Show {words}", f"GET {one}"),
        (f"create_{noun}", ADMIN, f"Create {words}", f"POST {many}"),
        (f"update_{noun}", ADMIN, f"Update {words}", f"PATCH {one}"),
        (f"delete_{noun}", ADMIN, f"Delete {words}", f"DELETE {one}"),
    )


RULES = [
    rules.rule("admin_required", "role:admin", "An admin of identity", scopes=None),
    rules.rule("service_role", "role:service", "Another service", scopes=None),
    rules.rule(
        "cloud_reader",
        f"rule:admin_required or rule:service_role or {SYSTEM_READER}",
        "May look at everything in identity but secrets; services have to, for what requests name",
        scopes=None,
    ),
    rules.rule(
        "token_subject",
        "user_id:%(target.token.user_id)s",
        "Whose token is asked about",
        scopes=None,
    ),
    rules.rule(
        "domain_managed_target_role",
        "None:%(target.role.domain_id)s and ('manager':%(target.role.name)s or "
        "'member':%(target.role.name)s or 'reader':%(target.role.name)s)",
        "Roles that a manager of a domain may give",
        scopes=None,
    ),
]
