"""What a run of Tempest says on its standard output, as figures."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable

# {1} tempest.api.image.v2.test_images.ListImagesTest.test_index [0.123s] ... ok
LINE = re.compile(
    r"^\{\d+\} (?P<name>.+?)(?: \[[\d.]+s\])? \.\.\. (?P<end>ok|FAILED|SKIPPED)(?:: (?P<why>.*))?$"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """``name``: of a test, or ``setUpClass (class)`` where all tests of a class share its end."""

    name: str
    end: str
    why: str = ""

    @property
    def suite(self) -> str:
        """``tempest.api.image`` of ``tempest.api.image.v2.test_images.X.test_y[id-...]``."""
        found = re.search(r"tempest\.[a-z_]+\.[a-z_]+", self.name)
        return found[0] if found else self.name


def read(lines: Iterable[str]) -> list[Outcome]:
    outcomes = []
    for line in lines:
        found = LINE.match(line.rstrip())
        if found:
            outcomes.append(Outcome(found["name"], found["end"], (found["why"] or "").strip()))
    return outcomes


def counts(outcomes: Iterable[Outcome]) -> dict[str, Counter[str]]:
    """By suite: how many ended how."""
    table: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        table.setdefault(outcome.suite, Counter())[outcome.end] += 1
    return dict(sorted(table.items()))
