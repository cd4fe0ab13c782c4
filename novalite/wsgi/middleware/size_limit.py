"""No body larger than [api]max_request_body_size."""

from collections.abc import Callable, Iterable
from typing import Any

from novalite.wsgi.faults import HTTPFault


def _too_large(limit: int) -> HTTPFault:
    return HTTPFault(413, f"Request is too large. Larger than max_request_body_size ({limit}).")


class SizeLimit:
    def __init__(self, application: Callable[..., Iterable[bytes]], limit: int) -> None:
        self._application = application
        self._limit = limit

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Raises a 413 fault, at once or, for a chunked body, when it is read."""
        length = environ.get("CONTENT_LENGTH")
        if length and length.isdigit() and int(length) > self._limit:
            raise _too_large(self._limit)
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _Limited(environ["wsgi.input"], self._limit)
        return self._application(environ, start_response)


class _Limited:
    """A stream that refuses to give more than ``limit`` bytes."""

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        ask = self._left + 1 if size < 0 else min(size, self._left + 1)
        data: bytes = self._stream.read(ask)
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._limit)
        return data

    def readline(self, size: int = -1) -> bytes:
        ask = self._left + 1 if size < 0 else min(size, self._left + 1)
        data: bytes = self._stream.readline(ask)
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._limit)
        return data
