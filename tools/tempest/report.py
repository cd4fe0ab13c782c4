"""The outcomes as a table, for the terminal and for docs/tempest.md."""

from collections import defaultdict
from collections.abc import Sequence

from tools.tempest import reasons, results
from tools.tempest.results import Outcome

HEAD = """# Tempest

`make tempest` installs Tempest from PyPI, starts an all-in-one with two simulated hosts, writes
`tempest.conf` and runs the unmodified tests of identity, image, network and volume. This page is
what the run of it printed that is recorded here (`make tempest REPORT=docs/tempest.md`). A class
that is skipped as a whole counts as one.

"""


def show(outcomes: Sequence[Outcome]) -> int:
    """Print counts, failures and skips; how many skips nobody has explained."""
    print(table(outcomes))
    for outcome in outcomes:
        if outcome.end == "FAILED":
            print(f"FAILED {outcome.name}")
    unexplained = 0
    for outcome in outcomes:
        if outcome.end == "SKIPPED":
            why = reasons.of(outcome)
            unexplained += why is None
            print(f"skipped {outcome.name}: {outcome.why} -- {why or 'UNEXPLAINED'}")
    return unexplained


def table(outcomes: Sequence[Outcome]) -> str:
    rows = ["| suite | passed | failed | skipped |", "|---|---|---|---|"]
    total = [0, 0, 0]
    for suite, ends in results.counts(outcomes).items():
        figures = [ends["ok"], ends["FAILED"], ends["SKIPPED"]]
        total = [a + b for a, b in zip(total, figures, strict=True)]
        rows.append("| " + " | ".join([suite, *map(str, figures)]) + " |")
    rows.append("| all | " + " | ".join(map(str, total)) + " |")
    return "\n".join(rows) + "\n"


def page(outcomes: Sequence[Outcome]) -> str:
    grouped: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.end == "SKIPPED":
            grouped[reasons.of(outcome) or "Not explained yet"].append(outcome)
    text = [HEAD, table(outcomes), "\n## Skipped, and why\n"]
    for why, skipped in sorted(grouped.items()):
        text.append(f"\n{why}\n\n")
        text.extend(
            f"- `{outcome.name.split('[')[0]}`\n"
            for outcome in sorted(skipped, key=lambda each: each.name)
        )
    return "".join(text)
