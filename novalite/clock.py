"""The time, as a thing that is handed in, so that a test can hold it still."""

import datetime
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime.datetime:
        """The wall clock: naive UTC, as the databases store it."""

    def monotonic(self) -> float:
        """Seconds that only grow; for deadlines and durations."""


class SystemClock:
    def now(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)

    def monotonic(self) -> float:
        return time.monotonic()
