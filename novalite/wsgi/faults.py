"""Errors as the client sees them: the one place where an exception becomes an HTTP answer."""

import json
import logging
from collections.abc import Callable
from typing import Any

from novalite.exception import NovaliteError, ValidationError

LOG = logging.getLogger(__name__)

NAMES = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
"""HTTP code -> the name of the compute API's fault; other codes are ``computeFault``."""

REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    206: "Partial Content",
    300: "Multiple Choices",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
}

MALFORMED_BODY = (
    "The server could not comply with the request since it is either malformed or otherwise "
    "incorrect."
)
NOT_FOUND = "The resource could not be found."

FaultBody = Callable[[int, str, BaseException | None], "dict[str, Any] | bytes"]


class HTTPFault(NovaliteError):
    """An error that exists on the wire only: no domain error says it."""

    def __init__(self, code: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]
        self.headers = headers or {}


def compute_fault(code: int, message: str, exc: BaseException | None) -> dict[str, Any]:
    """The compute API's fault document."""
    fault: dict[str, Any] = {"code": code, "message": message}
    headers = getattr(exc, "headers", None)
    if code in (413, 429) and headers and "Retry-After" in headers:
        fault["retryAfter"] = headers["Retry-After"]
    return {NAMES.get(code, "computeFault"): fault}


def unexpected(exc: BaseException) -> str:
    """What a client learns of an error that nobody expected: its class, never its text."""
    cls = type(exc)
    return (
        "Unexpected API Error. Please report this at the service's bug tracker and attach the "
        f"API log if possible.\n<class '{cls.__module__}.{cls.__qualname__}'>"
    )


def render(
    exc: BaseException, fault_body: FaultBody = compute_fault
) -> tuple[int, list[tuple[str, str]], bytes]:
    """(status, headers, body) for ``exc``; logs what is our own fault. A fault body in bytes is
    HTML."""
    if isinstance(exc, NovaliteError) and exc.code != 500:
        code, message = exc.code, exc.text
        headers = list(exc.headers.items())
        if code >= 500:
            LOG.warning("%s: %s", type(exc).__name__, message)
        elif isinstance(exc, ValidationError):
            # Its message cites what the client sent, and that may be a password.
            LOG.debug("%s: see the answer", type(exc).__name__)
        else:
            LOG.debug("%s: %s", type(exc).__name__, message)
    else:
        code, message, headers = 500, unexpected(exc), []
        LOG.error("unexpected error in the API", exc_info=exc)
    body = fault_body(code, message, exc)
    if isinstance(body, bytes):
        data, content_type = body, "text/html; charset=UTF-8"
    else:
        data, content_type = json.dumps(body).encode(), "application/json"
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", content_type))
    headers.append(("Content-Length", str(len(data))))
    return code, headers, data


def status_line(code: int) -> str:
    return f"{code} {REASONS.get(code, 'Unknown')}"
