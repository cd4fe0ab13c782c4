"""The HTTP servers: cheroot's threads, or eventlet's green threads.

Both set TCP_NODELAY: an answer whose head and body leave in two writes would otherwise wait for
the client's delayed acknowledgement (40 ms).
"""

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any, Protocol

LOG = logging.getLogger(__name__)


class Server(Protocol):
    port: int

    def start(self) -> None:
        """Accept requests, in the background."""

    def stop(self) -> None:
        """Stop accepting, let running requests end (for some seconds), close."""


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        sock.bind((host, port))
        sock.listen(1024)
    except OSError:
        sock.close()
        raise
    return sock


class ThreadServer:
    """cheroot: a fixed pool of request threads, idle keep-alive connections cost none."""

    def __init__(self, app: Callable[..., Any], host: str, port: int, threads: int) -> None:
        from cheroot import wsgi

        self._server = wsgi.Server(
            (host, port),
            app,
            numthreads=threads,
            max=threads,
            request_queue_size=1024,
            timeout=75,
            shutdown_timeout=5,
            server_name="novalite",
        )
        self._server.nodelay = True
        self._server.error_log = _log_error  # type: ignore[method-assign]
        self._server.prepare()
        self.port: int = self._server.bind_addr[1]
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._server.serve, name="http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.stop()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None


def _log_error(msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
    LOG.log(level, "%s", msg, exc_info=traceback)


class GreenServer:
    """eventlet.wsgi: a green thread per connection."""

    def __init__(self, app: Callable[..., Any], host: str, port: int, threads: int) -> None:
        import eventlet

        self._eventlet = eventlet
        self._app = app
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._pool = eventlet.GreenPool(max(threads, 1000))
        self._running: Any = None

    def start(self) -> None:
        from eventlet import wsgi

        def serve() -> None:
            wsgi.server(
                self._socket,
                self._app,
                custom_pool=self._pool,
                log=logging.getLogger("novalite.wsgi.eventlet"),
                log_output=False,
                socket_timeout=75,
                debug=False,
            )

        self._running = self._eventlet.spawn(serve)

    def stop(self) -> None:
        if self._running is None:
            return
        self._running.kill()
        self._running = None
        self._socket.close()
        with self._eventlet.Timeout(5, False):
            self._pool.waitall()


def serve(
    app: Callable[..., Any], host: str, port: int, threads: int = 8, backend: str = "threading"
) -> Server:
    """A server bound to ``host``:``port`` (0 picks one), not started yet. ``backend``: threading
    or eventlet. Raises OSError when the address is taken."""
    if backend == "eventlet":
        return GreenServer(app, host, port, threads)
    return ThreadServer(app, host, port, threads)
