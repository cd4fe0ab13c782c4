"""cheroot, taught not to spend a thread or memory on a client that sends slowly or too much.

A connection waits in the selector until its request is whole (or too large for that), so that
neither an idle nor a trickling client occupies one of the request threads.
"""

import contextlib
import logging
import resource
import threading
from collections.abc import Callable
from typing import Any

from cheroot import server as cheroot_server
from cheroot import wsgi

from novalite.wsgi.peer import MAX_HEAD, PATIENCE, RATE, Incoming, Outgoing, Pace, linger
from novalite.wsgi.request_body import Body, ChunkedBody, SizedBody, framing_fault

LOG = logging.getLogger(__name__)

IDLE = 75
"""Seconds that a connection is kept for its next request."""


class _Headers(cheroot_server.DropUnderscoreHeaderReader):
    """One request's headers; how its body ends must be clear."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def _transform_key(self, key_name: bytes) -> Any:
        name = key_name.title()
        if name != name.strip():
            raise ValueError("Space beside a header's name.")
        self._names.append(name.decode("latin-1"))
        return name

    def _allow_header(self, key_name: bytes) -> bool:
        return b"_" not in key_name

    def __call__(self, rfile: Any, hdict: Any = None) -> Any:
        headers = super().__call__(rfile, hdict)
        given = {
            name: [headers.get(name.encode(), b"").decode("latin-1")] * self._names.count(name)
            for name in ("Content-Length", "Transfer-Encoding")
        }
        fault = framing_fault(given["Content-Length"], given["Transfer-Encoding"])
        if fault:
            raise ValueError(fault[1])
        return headers


class _Request(cheroot_server.HTTPRequest):
    rfile: Any

    @property
    def header_reader(self) -> _Headers:
        return _Headers()

    def respond(self) -> None:
        incoming = self.conn.rfile
        body: Body
        if self.chunked_read:
            body = ChunkedBody(incoming)
        else:
            body = SizedBody(incoming, int(self.inheaders.get(b"Content-Length", 0)))
        self.rfile = body
        self.server.gateway(self).respond()
        if self.ready:
            self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")
        self.conn.wfile.flush()
        self.conn.unread = not body.finished

    def send_headers(self) -> None:
        # What has arrived and nobody read is thrown away; for more than that the client would
        # have to be waited for, so that the connection ends instead.
        body = self.rfile
        if isinstance(body, Body) and not body.finished and not body.discard(patience=0):
            self.close_connection = True
        self.conn.wfile.keep = True
        super().send_headers()


def _file(sock: Any, mode: str, _size: int) -> Any:
    return Incoming(sock) if "r" in mode else Outgoing(sock)


class _Connection(cheroot_server.HTTPConnection):
    RequestHandlerClass = _Request
    _used: float | None = None
    _waiting_since: float | None = None
    unread = False

    def __init__(self, server: Any, sock: Any, makefile: Any = None) -> None:
        super().__init__(server, sock, _file)

    @property
    def last_used(self) -> float | None:
        """cheroot closes what was last used more than IDLE seconds ago. A request that is not
        whole is given PATIENCE seconds from its begin instead, and more as it grows."""
        if self._waiting_since is None:
            return self._used
        return self._waiting_since + PATIENCE - IDLE + self.rfile.unfinished / RATE

    @last_used.setter
    def last_used(self, when: float) -> None:
        self._used = when
        if not self.rfile.unfinished:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = when

    def communicate(self) -> bool:
        self._waiting_since = None
        self.wfile.pace = Pace()
        self.unread = True
        return bool(super().communicate())

    def close(self) -> None:
        if self._waiting_since is not None:
            with contextlib.suppress(OSError):
                self.socket.settimeout(0)
                self.socket.send(
                    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                    b"Content-Length: 0\r\n\r\n"
                )
        elif self.unread:
            linger(self.socket)
        super().close()


class _Server(wsgi.Server):
    ConnectionClass = _Connection
    max_request_header_size = MAX_HEAD

    def process_conn(self, conn: Any) -> None:
        """A connection that is new, or has something to read."""
        if conn.last_used is None and not self.can_add_keepalive_connection:
            conn.close()
            return
        state = conn.rfile.gather()
        if state == "ready":
            super().process_conn(conn)
        elif state == "waiting":
            self.put_conn(conn)
        else:
            conn.close()


class ThreadServer:
    """A fixed pool of request threads. As many connections as half of the process's files."""

    def __init__(self, app: Callable[..., Any], host: str, port: int, threads: int) -> None:
        self._server = _Server(
            (host, port),
            app,
            numthreads=threads,
            max=threads,
            request_queue_size=1024,
            timeout=IDLE,
            shutdown_timeout=5,
            server_name="novalite",
        )
        self._server.keep_alive_conn_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2
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
