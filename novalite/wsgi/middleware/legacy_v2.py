"""The legacy ``/v2`` API: 2.1 without microversions and without strict validation."""

from collections.abc import Callable, Iterable
from typing import Any


class LegacyV2:
    """Marks the request; the application then ignores microversion headers."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        environ["novalite.legacy_v2"] = True
        return self._application(environ, start_response)
