"""A verdict in words: one line for the user, which names no host, and all of it for the
administrator."""

from typing import Any

from novalite.scheduler.decision import Step, Verdict

LONGEST = 220
"""Characters of a summary: a fault's message holds 255, and its beginning says what it is."""

MOST_HOSTS = 200


def summary(verdict: Verdict) -> str:
    """``ComputeFilter: 3 of 10 hosts left, ..., ResourceFilter: 0 of 3 (memory 2, disk 1)``.
    Filters that had nothing to look at are left out, and where the line would still be too long
    those that refused nobody."""
    if not verdict.total:
        return "There are no compute hosts."
    text = _line([step for step in verdict.steps if step.asked])
    if len(text) > LONGEST:
        text = _line([step for step in verdict.steps if step.left < step.before])
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _line(steps: list[Step]) -> str:
    return ", ".join(_step(step, first=index == 0) for index, step in enumerate(steps))


def _step(step: Step, *, first: bool) -> str:
    text = f"{step.filter}: {step.left} of {step.before}"
    if first:
        text += " hosts left"
    if step.lacks:
        text += f" ({', '.join(f'{name} {count}' for name, count in step.lacks.most_common())})"
    return text


def details(verdict: Verdict) -> str:
    """A line per filter and a line per host."""
    spec = verdict.request.spec
    resources = verdict.request.resources
    lines = [
        f"Server {spec.instance_uuid} of flavor {spec.flavor.name} wants {resources.vcpus} vcpus, "
        f"{resources.memory_mb} MiB of memory, {resources.local_gb} GiB of disk.",
        f"{verdict.total} hosts were looked at.",
    ]
    told = 0
    for step in verdict.steps:
        lines.append(f"{step.filter}: {step.left} of {step.before} hosts left")
        for host, reason in step.refusals:
            told += 1
            if told <= MOST_HOSTS:
                lines.append(f"  {host.name} {reason}")
    if told > MOST_HOSTS:
        lines.append(f"({told - MOST_HOSTS} more hosts were refused)")
    return "\n".join(lines)


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """``hosts``: name -> {"filter", "reason"} or {"weight"}; ``filters``: in order, each with
    the hosts before and left; ``summary`` as a user sees it."""
    hosts: dict[str, dict[str, Any]] = {
        host.name: {"filter": step.filter, "reason": reason}
        for step in verdict.steps
        for host, reason in step.refusals
    }
    for host, weight in zip(verdict.ranked, verdict.weights, strict=True):
        hosts[host.name] = {"weight": round(weight, 6)}
    return {
        "summary": summary(verdict),
        "filters": [
            {"filter": step.filter, "before": step.before, "left": step.left}
            for step in verdict.steps
        ],
        "hosts": hosts,
    }
