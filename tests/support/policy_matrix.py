"""Who may do what, asked of a whole service: each operation by each caller."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from oslo_policy import policy

from novalite.policy import Enforcer
from novalite.wsgi.operations import Operation

Place = tuple[str, str]


_TEXTS = {"uri": "http://x/", "^/": "/x"}


class Recorder(Enforcer):
    """Remembers which rules were asked for."""

    asked: set[str]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.asked = set()
        super().__init__(*arguments, **options)

    def allowed(self, context: Any, rule: str, target: Mapping[str, Any]) -> bool:
        self.asked.add(rule)
        return super().allowed(context, rule, target)


def place(method: str, path: str) -> Place:
    """The same for both spellings of a path's parameters."""
    return method, re.sub(r"\{[^}]*\}", "{}", path)


def documented(rules: Iterable[policy.RuleDefault]) -> dict[Place, list[str]]:
    """The names of the rules of each operation; the first one always counts."""
    found: dict[Place, list[str]] = {}
    for rule in rules:
        for one in getattr(rule, "operations", ()):
            found.setdefault(place(one["method"], one["path"]), []).append(rule.name)
    return found


def building_blocks(rules: Iterable[policy.RuleDefault]) -> set[str]:
    """Rules that only other rules ask for."""
    return {rule.name for rule in rules if not getattr(rule, "operations", ())}


def overridden(conf: Any, tmp_path: Any, rules: Mapping[str, str], kind: type = Enforcer) -> Any:
    """An Enforcer with a policy file."""
    file = tmp_path / "policy.yaml"
    file.write_text("".join(f'"{name}": "{check}"\n' for name, check in rules.items()))
    conf.set_override("policy_file", str(file), "oslo_policy")
    return kind(conf)


def guarded(operations: Iterable[Operation], unguarded: Iterable[str] = ()) -> list[Operation]:
    return [each for each in operations if not each.public and each.path not in unguarded]


def example(schema: Any, known: Mapping[str, Any]) -> Any:
    """A value that fits a schema, as small as possible; ``known``: by a member's name."""
    if not isinstance(schema, dict):
        return None
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        required = list(schema.get("required", ()))
        for among in ("anyOf", "oneOf"):
            required += schema.get(among, [{}])[0].get("required", ())
        members = schema.get("properties", {})
        return {
            name: known[name] if name in known else example(members.get(name, {}), known)
            for name in required
        }
    if kind == "array":
        return [example(schema.get("items", {}), known)] * schema.get("minItems", 0)
    if kind == "string":
        return _TEXTS.get(schema.get("format") or schema.get("pattern"), "x")
    return {"integer": max(1, schema.get("minimum", 1)), "boolean": True}.get(kind)
