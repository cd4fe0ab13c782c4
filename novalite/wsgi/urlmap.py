"""Which application serves which part of the URL space.

Paths are prefixes; the longest that fits wins. ``/v2.1/+`` fits only what lies below ``/v2.1/``,
so that the version document there may have a pipeline of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

WSGIApp = Callable[..., Iterable[bytes]]

_NOTHING = b'{"itemNotFound": {"code": 404, "message": "The resource could not be found."}}'


class URLMap:
    def __init__(self, applications: Mapping[str, WSGIApp]) -> None:
        entries = []
        for path, application in applications.items():
            below = path.endswith("/+")
            prefix = path.removesuffix("/+") if below else path.rstrip("/")
            entries.append((len(prefix) + below, prefix, below, application))
        # Longest first, and of two with the same prefix the one for what lies below.
        self._entries = [
            (prefix, below, application)
            for _, prefix, below, application in sorted(entries, key=lambda e: -e[0])
        ]

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for prefix, below, application in self._entries:
            if not path.startswith(prefix):
                continue
            rest = path[len(prefix) :]
            if (rest and rest[0] != "/") or (below and len(rest) < 2):
                continue
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
            environ["PATH_INFO"] = rest
            return application(environ, start_response)
        start_response(
            "404 Not Found",
            [("Content-Type", "application/json"), ("Content-Length", str(len(_NOTHING)))],
        )
        return (_NOTHING,)
