"""Who may do what: oslo.policy's rules, evaluated fast.

The library loads and merges the rules (defaults, policy_file, policy_dirs, deprecated names). A
check then walks a snapshot of them, because the library's own ``enforce`` looks at the files
and copies its arguments at every call, and empties its rules for a moment when it reloads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from oslo_policy import policy

from novalite.exception import PolicyNotAuthorized

if TYPE_CHECKING:
    from oslo_config import cfg

    from novalite.context import RequestContext

LOG = logging.getLogger(__name__)

_RELOAD_AFTER = 5.0
_SIMPLE = frozenset(("project_id", "user_id"))


class _Snapshot:
    """What oslo.policy's checks need of an enforcer: ``rules`` and ``conf``."""

    __slots__ = ("conf", "rules")

    def __init__(self, rules: policy.Rules, conf: cfg.ConfigOpts) -> None:
        self.rules = rules
        self.conf = conf


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
        self._snapshot = self._load()
        self._check_again_at = monotonic() + _RELOAD_AFTER

    def _load(self) -> _Snapshot:
        self._library.load_rules()
        rules = policy.Rules(dict(self._library.rules), self._library.default_rule)
        return _Snapshot(rules, self._conf)

    def _rules(self) -> _Snapshot:
        if self._monotonic() > self._check_again_at and self._lock.acquire(blocking=False):
            try:
                self._check_again_at = self._monotonic() + _RELOAD_AFTER
                self._snapshot = self._load()
            except Exception:
                LOG.exception("the policy files cannot be read; the rules stay as they were")
            finally:
                self._lock.release()
        return self._snapshot

    def authorize(self, context: RequestContext, rule: str, target: Mapping[str, Any]) -> None:
        """Raises PolicyNotAuthorized. ``target`` describes what is acted upon: ``project_id``,
        ``user_id`` of its owner."""
        if not self.allowed(context, rule, target):
            raise PolicyNotAuthorized(action=rule)

    def allowed(self, context: RequestContext, rule: str, target: Mapping[str, Any]) -> bool:
        """Raises LookupError for a rule that does not exist."""
        creds, answers = _credentials(context)
        key = None
        if target.keys() <= _SIMPLE:
            key = (rule, target.get("project_id"), target.get("user_id"))
            known = answers.get(key)
            if known is not None:
                return known
        answer = self._evaluate(creds, rule, target)
        if key is not None:
            answers[key] = answer
        return answer

    def is_admin(self, context: RequestContext) -> bool:
        """Whether ``context_is_admin`` holds for the caller's roles."""
        creds = dict(_credentials(context)[0])
        return self._evaluate(creds, "context_is_admin", creds)

    def _evaluate(self, creds: dict[str, Any], rule: str, target: Mapping[str, Any]) -> bool:
        try:
            scopes = self._scopes[rule]
        except KeyError:
            raise LookupError(f"there is no policy rule {rule}") from None
        if scopes and creds["scope"] not in scopes:
            return False
        snapshot = self._rules()
        check = snapshot.rules[rule]
        if isinstance(check, bool):
            return check
        return bool(check(target, creds, cast(Any, snapshot), rule))


def _credentials(context: RequestContext) -> tuple[dict[str, Any], dict[tuple, bool]]:
    """The caller as checks see it, and the answers it got; both made once per context."""
    known = context.__dict__.get("_policy")
    if known is None:
        creds = dict(context.to_policy_values())
        creds["is_admin"] = bool(context.is_admin)
        if context.system_scope:
            creds["system"] = context.system_scope
            creds["scope"] = "system"
        else:
            creds["scope"] = "domain" if context.domain_id else "project"
        known = context.__dict__["_policy"] = (creds, {})
    return known
