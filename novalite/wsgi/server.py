"""The HTTP servers: cheroot's threads, or eventlet's green threads.

Both set TCP_NODELAY: an answer whose head and body leave in two writes would otherwise wait for
the client's delayed acknowledgement (40 ms). Both read requests through novalite.wsgi.peer and
novalite.wsgi.request_body, which bound what a client can make them keep or wait for.
"""

from collections.abc import Callable
from typing import Any, Protocol


class Server(Protocol):
    port: int

    def start(self) -> None:
        """Accept requests, in the background."""

    def stop(self) -> None:
        """Stop accepting, let running requests end (for some seconds), close."""


def serve(
    app: Callable[..., Any], host: str, port: int, threads: int = 8, backend: str = "threading"
) -> Server:
    """A server bound to ``host``:``port`` (0 picks one), not started yet. ``backend``: threading
    or eventlet. Raises OSError when the address is taken."""
    if backend == "eventlet":
        from novalite.wsgi.server_eventlet import GreenServer

        return GreenServer(app, host, port, threads)
    from novalite.wsgi.server_threads import ThreadServer

    return ThreadServer(app, host, port, threads)
