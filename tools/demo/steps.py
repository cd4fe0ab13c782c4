"""Progress lines with milliseconds, and waiting for something to become true."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Failed(Exception):
    """The demo showed that something does not work."""


class Steps:
    def __init__(self) -> None:
        self.begun = self.last = time.monotonic()
        self.colour = sys.stdout.isatty()

    def title(self, text: str) -> None:
        print(f"\n{text}" if not self.colour else f"\n\033[1m{text}\033[0m", flush=True)

    def done(self, what: str, detail: str = "") -> None:
        """One line: how long this step took, and when it was done since the start."""
        now = time.monotonic()
        step, total = (now - self.last) * 1000, now - self.begun
        self.last = now
        detail = f"  {detail}" if detail else ""
        print(f"  {step:8.0f} ms  {total:7.2f} s  {what}{detail}", flush=True)

    def shown(self, text: str) -> None:
        for line in text.rstrip().splitlines():
            print(f"                         | {line}", flush=True)


def wait_for(what: str, probe: Callable[[], T | None], seconds: float, pause: float = 0.05) -> T:
    """What ``probe`` first returns that is not None. Raises Failed after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)


def expect(condition: object, what: str) -> None:
    if not condition:
        raise Failed(what)
