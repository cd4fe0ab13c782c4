"""How a policy rule is declared."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from oslo_policy import policy

ADMIN = "rule:context_is_admin"
PROJECT_MANAGER_OR_ADMIN = "rule:project_manager_or_admin"
PROJECT_MEMBER_OR_ADMIN = "rule:project_member_or_admin"
PROJECT_READER_OR_ADMIN = "rule:project_reader_or_admin"
SERVICE_OR_ADMIN = "rule:service_or_admin"

_SINCE = "Yoga"
_REASON = "The defaults know the roles reader, member and manager, and token scopes."


class Deprecated(NamedTuple):
    """What the rule was before. Its check counts too while [oslo_policy]enforce_new_defaults is
    off; an operator's override of its name counts in any case."""

    name: str
    check: str


def rule(
    name: str,
    check: str,
    description: str,
    operations: Sequence[str] = (),
    *,
    deprecated: Deprecated | None = None,
    for_removal: bool = False,
    scopes: Sequence[str] | None = ("project",),
) -> policy.RuleDefault:
    """``operations``: ``"GET /servers"``...; ``scopes``: token scopes that may pass, None: any."""
    old = None
    if deprecated is not None:
        old = policy.DeprecatedRule(
            deprecated.name, deprecated.check, deprecated_reason=_REASON, deprecated_since=_SINCE
        )
    removal: dict[str, Any] = {}
    if for_removal:
        removal = {
            "deprecated_for_removal": True,
            "deprecated_reason": _REASON,
            "deprecated_since": _SINCE,
        }
    types = list(scopes) if scopes else None
    if not operations:
        return policy.RuleDefault(
            name, check, description, deprecated_rule=old, scope_types=types, **removal
        )
    where: list[policy.Operation] = [
        {"method": method, "path": path}
        for method, _, path in (text.partition(" ") for text in operations)
    ]
    return policy.DocumentedRuleDefault(
        name, check, description, where, deprecated_rule=old, scope_types=types, **removal
    )


def declare(
    prefix: str, *rows: tuple[str, ...], scopes: Sequence[str] | None = ("project",)
) -> list[policy.RuleDefault]:
    """Rules in short: each row is the name after ``prefix``, the check, the description and the
    operations."""
    return [
        rule(prefix + name, check, description, operations, scopes=scopes)
        for name, check, description, *operations in rows
    ]
