"""oslo.policy's check trees as closures.

A library check parses its left side as a Python literal at each call (some 20 us). Here what can
be known in advance is; whatever is not one of the plain checks is called as it is.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any, cast

from oslo_policy import _checks as checks

Credentials = dict[str, Any]
Test = Callable[[Mapping[str, Any], Credentials], bool]


class Library:
    """All rules of one load. ``rules`` and ``conf`` are what a library check looks for in the
    enforcer that it is given. ``credentials["lower_roles"]`` must hold the roles in lower case.
    """

    def __init__(self, rules: Mapping[str, Any], conf: Any) -> None:
        self.rules = rules
        self.conf = conf
        self._tests: dict[str, Test] = {name: self._compile(rules[name], name) for name in rules}

    def test(self, name: str, target: Mapping[str, Any], creds: Credentials) -> bool:
        """Whether rule ``name`` holds. Raises KeyError for an unknown one."""
        return self._tests[name](target, creds)

    def _compile(self, check: Any, name: str) -> Test:
        match check:
            case bool():
                return lambda target, creds: check
            case checks.TrueCheck():
                return _always
            case checks.FalseCheck():
                return _never
            case checks.NotCheck():
                inner = self._compile(check.rule, name)
                return lambda target, creds: not inner(target, creds)
            case checks.OrCheck():
                branches = [self._compile(rule, name) for rule in check.rules]
                return lambda target, creds: any(test(target, creds) for test in branches)
            case checks.AndCheck():
                branches = [self._compile(rule, name) for rule in check.rules]
                return lambda target, creds: all(test(target, creds) for test in branches)
            case checks.RuleCheck():
                return self._reference(check.match)
            case checks.RoleCheck() if "%" not in check.match:
                role = check.match.lower()
                return lambda target, creds: role in creds["lower_roles"]
            case checks.GenericCheck() if _is_member(check.kind):
                return _comparison(check.kind, check.match)
            case checks.GenericCheck() if _is_literal(check.kind):
                return _of_literal(str(ast.literal_eval(check.kind)), check.match)
        return lambda target, creds: bool(check(target, creds, cast(Any, self), name))

    def _reference(self, name: str) -> Test:
        # Looked up at the call: rules may refer to later ones. An unknown one falls back to the
        # operator's rule "default", if there is one, and else refuses.
        def test(target: Mapping[str, Any], creds: Credentials) -> bool:
            found = self._tests.get(name) or self._tests.get("default", _never)
            return found(target, creds)

        return test


def _always(target: Mapping[str, Any], creds: Credentials) -> bool:
    return True


def _never(target: Mapping[str, Any], creds: Credentials) -> bool:
    return False


def _is_member(kind: str) -> bool:
    """Whether a check's left side names a member of the credentials (not a literal, no path)."""
    return kind.isidentifier() and not _is_literal(kind)


def _is_literal(kind: str) -> bool:
    try:
        ast.literal_eval(kind)
    except (SyntaxError, ValueError):
        return False
    return True


def _of_literal(value: str, pattern: str) -> Test:
    def test(target: Mapping[str, Any], creds: Credentials) -> bool:
        try:
            return pattern % target == value
        except KeyError:
            return False

    return test


def _comparison(kind: str, pattern: str) -> Test:
    named = "%" in pattern

    def test(target: Mapping[str, Any], creds: Credentials) -> bool:
        try:
            expected = pattern % target
            value = creds[kind]
        except KeyError:
            return False
        if value is None and named:
            return False  # what the caller does not have equals nothing, also not "None"
        if isinstance(value, list):
            return any(expected == str(item) for item in value)
        return bool(expected == str(value))

    return test
