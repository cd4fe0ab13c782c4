"""Access rules of application credentials: the only requests that such a token is good for.

A rule names a service by its type in the catalog, a method, and a path: ``*`` and ``{name}`` stand
for one segment, ``**`` for any number of them. Paths begin as clients know them: ``/v2.1/servers``
for compute, without the place where a service is mounted for the others (``/v2/images``).
"""

import functools
import re
from collections.abc import Iterable
from typing import Any

_SERVICES = {
    "/v2": {"compute"},
    "/v2.1": {"compute"},
    "/identity": {"identity"},
    "/image": {"image"},
    "/network": {"network"},
    "/volume": {"block-storage", "block-store", "volume", "volumev2", "volumev3"},
}
"""Mount -> the types that its service has in a catalog."""

_TOKEN = re.compile(r"(?P<name>\{[^}]*\})|(?P<many>\*\*)|(?P<one>\*)|(?P<literal>.)", re.DOTALL)


def allows(rules: Iterable[dict[str, str]], environ: dict[str, Any]) -> bool:
    """Whether one of ``rules`` covers this request."""
    # Where all of it is mounted does not matter: the last segment names the service.
    mount = "/" + environ.get("SCRIPT_NAME", "").rpartition("/")[2]
    types = _SERVICES.get(mount, set())
    path = environ.get("PATH_INFO", "")
    if "compute" in types:
        path = mount + path
    return any(
        rule["service"] in types
        and rule["method"] == environ["REQUEST_METHOD"]
        and _pattern(rule["path"]).fits(path)
        for rule in rules
    )


class _Pattern:
    """All places of the pattern where a path may be, kept as bits: users write these patterns, and
    a backtracking regular expression could be made to search for hours."""

    def __init__(self, text: str) -> None:
        self._literals: dict[str, int] = {}
        self._segment = self._any = self._one = place = 0
        for token in _TOKEN.finditer(text):
            bit = 1 << place
            if token["literal"]:
                self._literals[token["literal"]] = self._literals.get(token["literal"], 0) | bit
            elif token["many"]:
                self._any |= bit
            elif token["one"]:
                self._segment |= bit
            else:  # one character of a segment, then any number of them
                self._one |= bit
                self._segment |= bit << 1
                place += 1
            place += 1
        self._end = 1 << place

    def fits(self, path: str) -> bool:
        at = self._skip(1)
        for char in path:
            moved = at & self._literals.get(char, 0)
            stay = at & self._any
            if char != "/":
                moved |= at & self._one
                stay |= at & self._segment
            at = self._skip(moved << 1 | stay)
            if not at:
                return False
        return bool(at & self._end)

    def _skip(self, at: int) -> int:
        """A star may stand for nothing."""
        while True:
            more = at | (at & (self._any | self._segment)) << 1
            if more == at:
                return at
            at = more


@functools.lru_cache(maxsize=256)
def _pattern(path: str) -> _Pattern:
    return _Pattern(path)
