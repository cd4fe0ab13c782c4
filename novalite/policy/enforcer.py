"""Who may do what: oslo.policy's rules, evaluated fast.

The library loads and merges the rules (defaults, policy_file, policy_dirs, deprecated names). A
check is then made on a compiled copy of them, because the library's own ``enforce`` looks at the
files at every call, and empties its rules for a moment when it reloads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from oslo_policy import policy

from novalite.exception import PolicyNotAuthorized
from novalite.policy.compiled import Library

if TYPE_CHECKING:
    from oslo_config import cfg

    from novalite.context import RequestContext

LOG = logging.getLogger(__name__)

_RELOAD_AFTER = 5.0


class Enforcer:
    """``rules`` are the defaults. Changed policy files count within 5 seconds."""

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        rules: list[policy.RuleDefault] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        from novalite.policy import all_rules

        self._conf = conf
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._library = policy.Enforcer(conf)
        self._library.suppress_default_change_warnings = True
        defaults = all_rules() if rules is None else rules
        self._library.register_defaults(defaults)
        self._scopes = {default.name: default.scope_types for default in defaults}
        self._compiled = self._load()
        self._check_again_at = monotonic() + _RELOAD_AFTER

    def _load(self) -> Library:
        self._library.load_rules()
        rules = policy.Rules(dict(self._library.rules), self._library.default_rule)
        return Library(rules, self._conf)

    def _rules(self) -> Library:
        if self._monotonic() > self._check_again_at and self._lock.acquire(blocking=False):
            try:
                self._check_again_at = self._monotonic() + _RELOAD_AFTER
                self._compiled = self._load()
            except Exception:
                LOG.exception("the policy files cannot be read; the rules stay as they were")
            finally:
                self._lock.release()
        return self._compiled

    def authorize(self, context: RequestContext, rule: str, target: Mapping[str, Any]) -> None:
        """Raises PolicyNotAuthorized. ``target`` describes what is acted upon: ``project_id``,
        ``user_id`` of its owner."""
        if not self.allowed(context, rule, target):
            raise PolicyNotAuthorized(action=rule)

    def allowed(self, context: RequestContext, rule: str, target: Mapping[str, Any]) -> bool:
        """Raises LookupError for a rule that does not exist."""
        return self._evaluate(_credentials(context), rule, target)

    def is_admin(self, context: RequestContext) -> bool:
        """Whether ``context_is_admin`` holds for the caller's roles."""
        # Not kept with the context: its ``is_admin`` is set from this answer.
        creds = _describe(context)
        return self._evaluate(creds, "context_is_admin", creds)

    def _evaluate(self, creds: dict[str, Any], rule: str, target: Mapping[str, Any]) -> bool:
        try:
            scopes = self._scopes[rule]
        except KeyError:
            raise LookupError(f"there is no policy rule {rule}") from None
        if scopes and creds["scope"] not in scopes:
            return False
        return self._rules().test(rule, target, creds)


def _credentials(context: RequestContext) -> dict[str, Any]:
    """The caller as checks see it; made once per context."""
    creds: dict[str, Any] | None = context.__dict__.get("_policy")
    if creds is None:
        creds = context.__dict__["_policy"] = _describe(context)
    return creds


def _describe(context: RequestContext) -> dict[str, Any]:
    creds = dict(context.to_policy_values())
    creds["lower_roles"] = frozenset(role.lower() for role in context.roles or ())
    creds["is_admin"] = bool(context.is_admin)
    if context.system_scope:
        creds["system"] = context.system_scope
        creds["scope"] = "system"
    else:
        creds["scope"] = "domain" if context.domain_id else "project"
    return creds
