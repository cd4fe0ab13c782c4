"""The last net: whatever a middleware raises becomes a fault, never a traceback."""

from collections.abc import Callable, Iterable
from typing import Any

from novalite.wsgi import faults


class Faults:
    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)
        except Exception as exc:
            status, headers, body = faults.render(exc)
            start_response(faults.status_line(status), headers)
            return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)
