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
        and _pattern(rule["path"]).fullmatch(path) is not None
        for rule in rules
    )


@functools.lru_cache(maxsize=256)
def _pattern(path: str) -> re.Pattern[str]:
    parts = []
    for token in _TOKEN.finditer(path):
        if token["name"]:
            parts.append("[^/]+")
        elif token["many"]:
            parts.append(".*")
        elif token["one"]:
            parts.append("[^/]*")
        else:
            parts.append(re.escape(token["literal"]))
    return re.compile("".join(parts), re.DOTALL)
