"""Slows down whoever guesses passwords.

Counts failures per (account, client address), and per account over all addresses with a higher
bound, so that one noisy client does not lock its owner out. The account is what the client
named, whether it exists or not.
"""

import threading
from collections import OrderedDict

from novalite import exception
from novalite.clock import Clock

FREE = 5  # failures of one account from one address before a wait
FREE_ACCOUNT = 100  # failures of one account from everywhere
LONGEST_WAIT = 60.0  # seconds
FORGET = 900.0  # seconds without a failure after which all is forgotten
REMEMBERED = 10000  # keys


class TooManyFailures(exception.NovaliteError):
    code = 429
    message = "Too many failed authentication attempts. Try again in {seconds} seconds."


class Throttle:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # key -> (failures, when the last one was)
        self._failures: OrderedDict[tuple[str, ...], tuple[int, float]] = OrderedDict()

    def check(self, account: str, address: str) -> None:
        """Raises TooManyFailures (429 with Retry-After) while this account has to wait."""
        now = self._clock.monotonic()
        with self._lock:
            wait = max(
                self._wait((account, address), FREE, now), self._wait((account,), FREE_ACCOUNT, now)
            )
        if wait > 0:
            seconds = int(wait) + 1
            error = TooManyFailures(seconds=seconds)
            error.headers["Retry-After"] = str(seconds)
            raise error

    def failed(self, account: str, address: str) -> None:
        now = self._clock.monotonic()
        with self._lock:
            for key in ((account, address), (account,)):
                count, last = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - last > FORGET else count + 1, now)
            while len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        with self._lock:
            self._failures.pop((account, address), None)

    def _wait(self, key: tuple[str, ...], free: int, now: float) -> float:
        count, last = self._failures.get(key, (0, now))
        if count < free:
            return 0.0
        wait = min(LONGEST_WAIT, 2.0 ** (count - free))
        return last + wait - now
