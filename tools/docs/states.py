"""docs/reference/states.md: what a server's states mean, and which action may run in which."""

from collections.abc import Iterable

from novalite import states
from tools.docs.markdown import page, table


def pages() -> dict[str, str]:
    lines = [
        "## Status",
        "",
        "What a client sees as `status`, from `vm_state` and `task_state`.",
        "",
        *table(("vm_state", "task_state", "status"), _statuses()),
        "",
        "## Actions",
        "",
        "An action outside its states answers 409. A locked server refuses everybody but an admin.",
        "",
        *table(
            ("action", "vm_state", "task_state", "launched", "locked", "on a host", "sets"),
            [
                (
                    f"`{name}`",
                    _names(rule.vm_states),
                    _names(rule.task_states),
                    "yes" if rule.must_have_launched else "",
                    "refused" if rule.lock else "",
                    "yes" if rule.needs_host else "",
                    rule.task_state or "",
                )
                for name, rule in states.ACTIONS.items()
            ],
        ),
    ]
    return {"docs/reference/states.md": page("States of a server", lines)}


def _statuses() -> list[tuple[str, str, str]]:
    rows = []
    for vm_state, (status, overrides) in states.STATUS.items():
        rows.append((vm_state, "any other" if overrides else "any", status))
        by_status: dict[str, list[str]] = {}
        for task_state, shown in overrides.items():
            by_status.setdefault(shown, []).append(task_state)
        rows += [(vm_state, ", ".join(tasks), shown) for shown, tasks in by_status.items()]
    return rows


def _names(values: Iterable[str | None] | None) -> str:
    if values is None:
        return "any"
    return ", ".join(sorted(value or "none" for value in values))
