"""docs/reference/policies.md and etc/policy.yaml.sample: every rule with its default."""

from oslo_policy import policy

from novalite.policy import SECTIONS
from tools.docs.markdown import page, table


def pages() -> dict[str, str]:
    return {
        "docs/reference/policies.md": _reference(),
        "etc/policy.yaml.sample": _sample(),
    }


def _operations(rule: policy.RuleDefault) -> list[str]:
    return [f"{one['method']} {one['path']}" for one in getattr(rule, "operations", ())]


def _former(rule: policy.RuleDefault) -> str:
    """The rule that counts too while enforce_new_defaults is off."""
    old = rule.deprecated_rule
    if old is None:
        return ""
    return old.check_str if old.name == rule.name else f"{old.name}: {old.check_str}"


def _reference() -> str:
    lines = [
        "Override a rule in the file that `[oslo_policy] policy_file` names, one for all services "
        "of a process. While `[oslo_policy] enforce_new_defaults` is false, the former default "
        "passes too.",
    ]
    for title, rules in SECTIONS:
        lines += ["", f"## {title}", "", *_rows(rules)]
    return page("Policies", lines)


def _rows(rules: list[policy.RuleDefault]) -> list[str]:
    return table(
        ("rule", "default", "former default", "scopes", "what it allows"),
        [
            (
                f"`{rule.name}`",
                f"`{rule.check_str}`" if rule.check_str else "everybody with a token",
                f"`{_former(rule)}`" if _former(rule) else "",
                ", ".join(rule.scope_types or ()),
                "; ".join([rule.description, *_operations(rule)]),
            )
            for rule in rules
        ],
    )


def _sample() -> str:
    lines = ["# Every rule with its default. Written by `make docs`."]
    for title, rules in SECTIONS:
        lines += ["", "", f"# ---- {title} ----"]
        for rule in rules:
            lines += ["", f"# {rule.description}"]
            lines += [f"# {operation}" for operation in _operations(rule)]
            if rule.scope_types:
                lines.append(f"# scopes: {', '.join(rule.scope_types)}")
            lines.append(f'#"{rule.name}": "{rule.check_str}"')
    return "\n".join(lines) + "\n"
