"""eventlet.wsgi: a green thread per connection, with the same limits as the other server's."""

import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Any

import eventlet
from eventlet import wsgi

from novalite.wsgi.peer import PATIENCE, Incoming, Outgoing, linger
from novalite.wsgi.request_body import Body, ChunkedBody, SizedBody, framing_fault

IDLE = 75.0
MAX_REQUEST_LINE = 16 * 1024


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


class _Input(wsgi.Input):
    """eventlet's bookkeeping around a Body of ours."""

    def __init__(self, plain: wsgi.Input, handler: "_Handler") -> None:
        super().__init__(
            plain.rfile,
            plain.content_length,
            plain.get_socket(),
            plain.wfile,
            plain.wfile_line,
            plain.chunked_input,
        )
        self._handler = handler
        self.body: Body = (
            ChunkedBody(plain.rfile)
            if plain.chunked_input
            else SizedBody(plain.rfile, plain.content_length or 0)
        )

    def _go_on(self) -> None:
        if self.should_send_hundred_continue:
            self.send_hundred_continue_response()
            self.is_hundred_continue_response_sent = True

    def read(self, length: int | None = None) -> bytes:
        self._go_on()
        data = self.body.read(length)
        self.position += len(data)
        return data

    def readline(self, size: int | None = None) -> bytes:
        self._go_on()
        data = self.body.readline(size)
        self.position += len(data)
        return data

    def readlines(self, hint: int | None = None) -> list[bytes]:
        self._go_on()
        lines = self.body.readlines(hint)
        self.position += sum(map(len, lines))
        return lines

    def discard(self, buffer_size: int = 0) -> None:
        if not self.body.discard(PATIENCE):
            self._handler.close_connection = True


class _Handler(wsgi.HttpProtocol):
    rfile: Any
    wfile: Any
    _asked = False
    _input: _Input | None = None

    def setup(self) -> None:
        super().setup()
        # The files that eventlet made know no limits.
        self.rfile.close()
        self.wfile.close()
        self.rfile, self.wfile = Incoming(self.connection), Outgoing(self.connection)

    def _read_request_line(self) -> bytes:
        try:
            if self.rfile.begin(IDLE if self._asked else PATIENCE):
                self._asked = True
                self._input = None
                self.wfile = Outgoing(self.connection)
                return bytes(self.rfile.readline(self.server.url_length_limit))
        except OSError:
            pass
        self.close_connection = True
        return b""

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        fault = framing_fault(
            [value.strip() for value in self.headers.get_all("Content-Length") or ()],
            [value.strip() for value in self.headers.get_all("Transfer-Encoding") or ()],
        )
        if fault is None:
            return True
        text = fault[1].encode()
        self.wfile.write(
            b"HTTP/1.1 %d Refused\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            % (fault[0], len(text), text)
        )
        self.close_connection = True
        return False

    def log_message(self, *_args: Any) -> None:
        """Malformed requests are the client's business."""

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        self._input = _Input(environ["eventlet.input"], self)
        environ["wsgi.input"] = environ["eventlet.input"] = self._input
        return environ

    def finish(self) -> None:
        if self._asked and (self._input is None or not self._input.body.finished):
            linger(self.connection)
        super().finish()


class GreenServer:
    def __init__(self, app: Callable[..., Any], host: str, port: int, threads: int) -> None:
        self._app = app
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._pool = eventlet.GreenPool(max(threads, 1000))
        self._running: Any = None

    def start(self) -> None:
        def serve() -> None:
            wsgi.server(
                self._socket,
                self._app,
                custom_pool=self._pool,
                protocol=_Handler,
                log=logging.getLogger("novalite.wsgi.eventlet"),
                log_output=False,
                url_length_limit=MAX_REQUEST_LINE,
                socket_timeout=PATIENCE,
                debug=False,
            )

        self._running = eventlet.spawn(serve)

    def stop(self) -> None:
        if self._running is None:
            return
        self._running.kill()
        self._running = None
        with contextlib.suppress(OSError):
            self._socket.close()
        with eventlet.Timeout(5, False):
            self._pool.waitall()
