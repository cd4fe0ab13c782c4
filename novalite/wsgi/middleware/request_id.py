"""A request's id: made here, logged with every line, returned with every answer.

``X-OpenStack-Request-ID`` of the client, if it is well formed, is the global id that follows the
request through other services.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from novalite.context import RequestContext

LOG = logging.getLogger("novalite.wsgi.access")

_GLOBAL_ID = re.compile(
    r"^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.IGNORECASE
)


class RequestId:
    """Outermost, so that it also times the request and writes the access log."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request_id = environ["openstack.request_id"] = f"req-{uuid.uuid4()}"
        global_id = environ.get("HTTP_X_OPENSTACK_REQUEST_ID")
        if global_id is not None and _GLOBAL_ID.match(global_id):
            environ["openstack.global_request_id"] = global_id
        else:
            global_id = None
        # For the log lines before authentication, and against those of the thread's last request.
        RequestContext(request_id=request_id, global_request_id=global_id, overwrite=True)
        started = time.perf_counter()
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        log = LOG.isEnabledFor(logging.INFO)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            headers.append(("x-compute-request-id", request_id))
            headers.append(("x-openstack-request-id", request_id))
            if log:
                length = next((v for k, v in headers if k == "Content-Length"), "-")
                LOG.info(
                    '%s "%s %s" status: %s len: %s time: %.4f',
                    environ.get("REMOTE_ADDR", "-"),
                    environ["REQUEST_METHOD"],
                    path,
                    status[:3],
                    length,
                    time.perf_counter() - started,
                )
            if exc_info:
                return start_response(status, headers, exc_info)
            return start_response(status, headers)

        return self._application(environ, start)
